/**
 * What Lineage Plus costs and what it does to the source: many views over as many tables on a PostgreSQL with default
 * settings, while another session changes tables; beside pg_dump --schema-only and one transaction over all views.
 *   node bench/lineage/many-views.ts [views, default 10000]
 *   node bench/lineage/many-views.ts fat [views, default 2000]    texts of 200 kB each
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildContext } from '../../script/lib/bundles.ts';
import { startDefaultPostgres } from './default-postgres.ts';
import { watchSource } from './watch-source.ts';

const isFat = process.argv[2] === 'fat';
const count = Number(process.argv[isFat ? 3 : 2] ?? (isFat ? 2_000 : 10_000));
const columns = 10;
const numbers = Array.from({ length: columns }, (_, n) => n);

await using postgres = await startDefaultPostgres();
await createViews();
const { bytes } = await one(
  'SELECT avg(length(pg_get_viewdef(oid)))::int AS bytes FROM pg_class WHERE relname LIKE $1',
  ['v_1__'],
);
console.log(
  `PostgreSQL ${postgres.version}, default settings: ${count} views over ${count} tables, texts of ${bytes} characters`,
);
const mb = (bytes: number) => Number((bytes / 1e6).toFixed(2));
const received = { bytes: 0 };
const folder = mkdtempSync(join(tmpdir(), 'bench-views-'));
const sink = await startSink();
const [program = 'node', ...programArgs] = await buildAgent();
try {
  for (const round of ['first run', 'again, unchanged'])
    await measure(`Lineage Plus, ${round}`, 'urn:bigeye%', runAgent);
  if (!isFat) {
    await measure('pg_dump --schema-only', 'pg_dump', dump);
    await measure('all views in one transaction', 'one-transaction', readAtOnce);
  }
} finally {
  sink.close();
  rmSync(folder, { recursive: true });
}

/** A column's values pass through; every third view joins the table of another one. */
function viewSql(n: number): string {
  const table = `s.t_${n}`;
  if (isFat) {
    // What a generator writes: one long CASE for each column.
    const cases = Array.from({ length: 480 }, (_, k) => `WHEN ${k} THEN c1 + ${k}`).join(' ');
    return `CREATE VIEW s.v_${n} AS SELECT ${numbers.map((c) => `CASE c${c} ${cases} ELSE 0 END AS c${c}`)} FROM ${table}`;
  }
  const own = numbers.map((c) => (c < 7 ? `a.c${c}` : `a.c${c} + a.c0 AS c${c}`)).join(', ');
  const join = n % 3 === 0 ? ` JOIN s.t_${(n + 1) % count} b ON b.c0 = a.c0 WHERE b.c1 > 5` : '';
  return `CREATE VIEW s.v_${n} AS SELECT ${own} FROM ${table} a${join}`;
}

/** A hundred at a time: a transaction over all of them would itself exceed the lock table. */
async function createViews(): Promise<void> {
  const client = await postgres.connect();
  await client.query('CREATE SCHEMA s; SET synchronous_commit = off');
  const each = async (sqlOf: (n: number) => string) => {
    for (let from = 0; from < count; from += 100) {
      const some = Array.from({ length: Math.min(100, count - from) }, (_, n) => sqlOf(from + n));
      await client.query(some.join(';'));
    }
  };
  await each((n) => `CREATE TABLE s.t_${n} (${numbers.map((c) => `c${c} integer`)})`);
  await each(viewSql);
  await client.query('ANALYZE pg_class; ANALYZE pg_depend; ANALYZE pg_rewrite; ANALYZE pg_attribute');
  await client.end();
}

async function measure(what: string, reader: string, work: () => Promise<object>): Promise<void> {
  const begun = performance.now();
  const working = work().catch((error: Error) => ({ failed: error.message.trim().split('\n').at(-1)?.slice(0, 160) }));
  const ended = working.then(() => performance.now());
  const watched = await watchSource(postgres, { reader, tables: count, work: working });
  console.log(what, { seconds: Number((((await ended) - begun) / 1000).toFixed(1)), ...(await working), ...watched });
}

async function runAgent(): Promise<object> {
  const { port } = sink.address() as AddressInfo;
  writeFileSync(
    join(folder, 'postgres.properties'),
    `environment.name.1=bench\nbigeye.host.1=http://127.0.0.1:${port}\nbigeye.apikey.1=bigeye_agent_x
postgres.host.1=127.0.0.1\npostgres.port.1=${postgres.port}\npostgres.database.1=postgres\npostgres.username.1=test\n`,
  );
  const before = received.bytes;
  const child = spawn(program, [...programArgs, 'run', '--in', folder, '--out', folder], { stdio: 'ignore' });
  await once(child, 'exit');
  const { outcome, peakMemoryMib, counts, message } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  if (outcome === 'failed') throw new Error(message);
  const { size } = statSync(join(folder, 'sync-request.json'));
  return {
    outcome,
    peakMemoryMib,
    edges: counts.edges,
    incompleteViews: counts.incompleteViews,
    lineageMb: mb(size),
    sentMb: mb(received.bytes - before),
  };
}

/** The bundle, and the command by which its image starts it. */
async function buildAgent(): Promise<string[]> {
  const image = join(folder, 'image');
  await buildContext('lineage-plus', image);
  const [, entrypoint = '[]'] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(image, 'Dockerfile'), 'utf8')) ?? [];
  return (JSON.parse(entrypoint) as string[]).map((part) => part.replace('/app/', `${image}/`));
}

async function dump(): Promise<object> {
  const target = { host: '127.0.0.1', port: String(postgres.port), user: 'test' };
  const args = [
    '--schema-only',
    '-h',
    target.host,
    '-p',
    target.port,
    '-U',
    target.user,
    '-f',
    '/dev/null',
    'postgres',
  ];
  await promisify(execFile)('pg_dump', args);
  return {};
}

/** As the agent did it at first. */
async function readAtOnce(): Promise<object> {
  const client = await postgres.connect('one-transaction');
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query("SELECT oid FROM pg_class WHERE relkind = 'v' AND relname LIKE 'v\\_%'");
    for (let from = 0; from < rows.length; from += 100) {
      const oids = rows.slice(from, from + 100).map(({ oid }) => oid);
      await client.query('SELECT pg_get_viewdef(oid) FROM unnest($1::oid[]) AS views (oid)', [oids]);
    }
    return {};
  } finally {
    await client.end();
  }
}

async function one(sql: string, values: unknown[]) {
  const client = await postgres.connect();
  const { rows } = await client.query(sql, values);
  await client.end();
  return rows[0];
}

/** The control plane's side, without its work: the agent is what is measured. */
async function startSink() {
  const kept = new Set<string>();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    received.bytes += body.length;
    const answer = (value: unknown) => response.end(JSON.stringify(value));
    if (request.method === 'PUT') {
      kept.add(request.url?.split('/').at(-1) ?? '');
      return response.writeHead(204).end();
    }
    const repository = { id: 1, name: 'Lineage Plus: postgres bench', workspaceId: 1, syncedAt: null };
    if (request.method === 'GET') return answer({ customRepositories: [repository] });
    const missing = (JSON.parse(body.toString()) as { parts: string[] }).parts.filter((digest) => !kept.has(digest));
    if (missing.length > 0) return answer({ status: 'PARTS_MISSING', missing });
    return answer({ status: 'COMPLETED', unchanged: false, nodes: 0, edges: 0 });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
