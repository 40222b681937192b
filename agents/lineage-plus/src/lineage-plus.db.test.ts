import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runAgent } from '@bigeye/agent-kit';
import { AgentOutputLine, CustomRepositoryInput, LineageSyncManifest, LineageSyncPart } from '@bigeye/contracts';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { lineagePlus } from './lineage-plus.ts';
import { createTestDatabase, demoWarehouseSql, type TestDatabase } from './testing/test-databases.ts';

const canaries = { password: 'canary-pass\\word', apiKey: 'bigeye_agent_canary_key' };
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresServers')[0].url, demoWarehouseSql);
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lineage-plus-'));
  return () => rm(folder, { recursive: true });
});

/** The control plane's side of the contract, with what it was sent. */
async function startControlPlane(refusal?: number) {
  const repositories: { id: number; name: string; workspaceId: number; syncedAt: null }[] = [];
  const syncs: LineageSyncPart[] = [];
  const parts = new Map<string, LineageSyncPart>();
  const puts: string[] = [];
  let held = '';
  const keys = new Set<string>();
  const server = createServer(async (request, response) => {
    keys.add(request.headers.authorization ?? '');
    const body = Buffer.concat(await request.toArray());
    const text = body.toString('utf8');
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (refusal !== undefined) return answer(refusal, { message: 'No.' });
    if (request.method === 'GET') return answer(200, { customRepositories: repositories });
    if (request.method === 'PUT') {
      const digest = request.url?.split('/').at(-1) ?? '';
      const json = gunzipSync(body);
      expect(createHash('sha256').update(json).digest('hex')).toBe(digest);
      parts.set(digest, LineageSyncPart.parse(JSON.parse(json.toString('utf8'))));
      puts.push(digest);
      return response.writeHead(204).end();
    }
    if (request.url?.endsWith('/syncs')) {
      const manifest = LineageSyncManifest.parse(JSON.parse(text));
      const missing = manifest.parts.filter((digest) => !parts.has(digest));
      if (missing.length > 0) return answer(200, { status: 'PARTS_MISSING', missing });
      const named = manifest.parts.flatMap((digest) => parts.get(digest) ?? []);
      const sync = { nodes: named.flatMap(({ nodes }) => nodes), edges: named.flatMap(({ edges }) => edges) };
      const unchanged = held === text;
      held = text;
      if (!unchanged) syncs.push(sync);
      const counts = { nodes: sync.nodes.length, edges: sync.edges.length };
      return answer(200, { status: 'COMPLETED', unchanged, ...counts });
    }
    const repository = {
      id: 40 + repositories.length,
      syncedAt: null,
      ...CustomRepositoryInput.parse(JSON.parse(text)),
    };
    repositories.push(repository);
    return answer(201, repository);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, repositories, syncs, puts, keys, [Symbol.asyncDispose]: async () => void server.close() };
}

function properties(number: number, url: string, changes: Record<string, string> = {}): string {
  const values = {
    'environment.name': 'shop',
    'bigeye.host': url,
    'bigeye.apikey': canaries.apiKey,
    'postgres.host': '127.0.0.1',
    'postgres.port': String(database.connection.port),
    'postgres.database': database.connection.database,
    'postgres.username': database.connection.user,
    'postgres.password': canaries.password.replace('\\', '\\\\'),
    ...changes,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}.${number}=${value}\n`)
    .join('');
}

async function runLineagePlus(content: string, ...args: string[]) {
  await writeFile(join(folder, 'postgres.properties'), content);
  const written: string[] = [];
  const log: string[] = [];
  const exitCode = await runAgent(lineagePlus, {
    args: [...(args.length === 0 ? ['run', '-c', 'postgres'] : args), '--in', folder, '--out', folder],
    writeOutput: (text) => written.push(text),
    writeLog: (text) => log.push(text),
    onSignal: () => undefined,
  });
  const output = written.map((line) => AgentOutputLine.parse(JSON.parse(line)));
  return { exitCode, output, result: output.at(-1), everything: written.join('') + log.join('') };
}

test('a run brings the warehouse to the control plane, whole and consistent', async () => {
  await using control = await startControlPlane();
  const { exitCode, result } = await runLineagePlus(properties(1, control.url));
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ outcome: 'succeeded', counts: { views: 13, incompleteViews: 0 } });
  expect(control.repositories).toMatchObject([{ name: 'Lineage Plus: postgres shop', workspaceId: 1 }]);
  expect([...control.keys]).toEqual([`apikey ${canaries.apiKey}`]);

  const [sync] = control.syncs;
  if (sync === undefined) throw new Error('nothing was sent');
  expect(Map.groupBy(sync.nodes, ({ nodeType }) => nodeType).get('MATERIALIZED_VIEW')).toHaveLength(2);
  const ids = sync.nodes.map(({ externalId }) => externalId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { containerExternalId, nodeType } of sync.nodes) {
    if (nodeType !== 'DATABASE') expect(ids).toContain(containerExternalId);
  }
  const pairs = sync.edges.map(({ upstreamExternalId, downstreamExternalId }) => [
    upstreamExternalId,
    downstreamExternalId,
  ]);
  expect(new Set(pairs.map(String)).size).toBe(pairs.length);
  expect(new Set(ids)).toEqual(new Set([...ids, ...pairs.flat()]));

  const base = `postgres://127.0.0.1:${database.connection.port}/${database.connection.database}`;
  expect(sync.nodes).toContainEqual({
    externalId: `${base}.sales.orders#order_id`,
    nodeName: 'order_id',
    nodeType: 'COLUMN',
    containerExternalId: `${base}.sales.orders`,
    attributes: [
      { name: 'dataType', value: 'integer' },
      { name: 'ordinal', value: '1' },
    ],
  });
  expect(sync.edges).toContainEqual({
    upstreamExternalId: `${base}.sales.order_lines#discount`,
    downstreamExternalId: `${base}.sales.order_revenue#revenue`,
    relationshipType: 'LINEAGE',
    transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
  });
  expect(sync.edges).toContainEqual({
    upstreamExternalId: `${base}.sales.orders#status`,
    downstreamExternalId: `${base}.sales.order_revenue`,
    relationshipType: 'LINEAGE',
    transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }],
  });
});

test('a second run on the unchanged source writes the same, byte for byte, and sends no lineage', async () => {
  await using control = await startControlPlane();
  const files = ['openlineage.ndjson', 'sync-request.json'];
  const read = () => Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  await runLineagePlus(properties(1, control.url));
  const first = await read();
  await runLineagePlus(properties(1, control.url));
  expect(await read()).toEqual(first);
  expect(control.repositories).toHaveLength(1);
  expect(control.syncs).toHaveLength(1);
  expect(control.puts).toHaveLength(1);
  expect(first[0]?.trim().split('\n')).toHaveLength(34);
});

test('chosen schemas bring along only what their views read', async () => {
  await using control = await startControlPlane();
  await runLineagePlus(properties(1, control.url, { 'postgres.schemas': 'analytics' }));
  const tables = control.syncs[0]?.nodes.filter(({ nodeType }) =>
    ['TABLE', 'VIEW', 'MATERIALIZED_VIEW'].includes(nodeType),
  );
  const names = tables?.map(({ nodeName }) => nodeName);
  expect(names).toEqual(expect.arrayContaining(['customer_ranking', 'customer_profile', 'shipments', 'web_events']));
  expect(names).not.toContain('countries');
});

test('a dry run sends nothing and leaves its files', async () => {
  await using control = await startControlPlane();
  const { exitCode } = await runLineagePlus(properties(1, control.url), 'run', '--dry-run');
  expect(exitCode).toBe(0);
  expect(control.keys.size).toBe(0);
  expect(await readFile(join(folder, 'openlineage.ndjson'), 'utf8')).toContain('columnLineage');
});

test('no secret is written anywhere, whether the run succeeds or fails', async () => {
  await using control = await startControlPlane();
  await using closed = await startControlPlane(401);
  const runs = [
    await runLineagePlus(properties(1, control.url)),
    await runLineagePlus(properties(1, closed.url)),
    await runLineagePlus(properties(1, control.url, { 'postgres.port': '1' })),
  ];
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 6, 4]);
  const files = await Promise.all(
    ['report.json', 'sync-request.json', 'openlineage.ndjson'].map((file) => readFile(join(folder, file), 'utf8')),
  );
  const everything = runs.map((run) => run.everything).join('') + files.join('');
  for (const canary of Object.values(canaries)) expect(everything).not.toContain(canary);
});

test('one connection that fails makes the run partial, with the other delivered', async () => {
  await using control = await startControlPlane();
  const content =
    properties(1, control.url, { 'environment.name': 'down', 'postgres.port': '1' }) + properties(2, control.url);
  const { exitCode, output, result } = await runLineagePlus(content);
  expect(exitCode).toBe(5);
  expect(result).toMatchObject({ outcome: 'partial', counts: { connections: 1, views: 13 } });
  expect(output).toContainEqual({
    type: 'warning',
    code: 'CONNECTION_FAILED',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(control.syncs).toHaveLength(1);
});

test('a column that PostgreSQL knows of and we do not is in the outcome, with its view', async () => {
  await using control = await startControlPlane();
  // A dependency that no text has stands for a source that we would have overlooked.
  await using odd = await createTestDatabase(
    inject('postgresServers')[0].url,
    `
    CREATE TABLE public.t (a integer, b integer);
    CREATE VIEW public.v AS SELECT a FROM t;
    SET allow_system_table_mods = on;
    INSERT INTO pg_depend SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 2, d.deptype FROM pg_depend d
      JOIN pg_rewrite r ON r.oid = d.objid WHERE r.ev_class = 'public.v'::regclass AND d.refobjsubid = 1
        AND d.refobjid = 'public.t'::regclass;`,
  );
  const { exitCode, output, result } = await runLineagePlus(
    properties(1, control.url, { 'postgres.database': odd.connection.database }),
  );
  expect(exitCode).toBe(5);
  expect(result).toMatchObject({ outcome: 'partial', counts: { views: 1, incompleteViews: 1 } });
  expect(output).toContainEqual({
    type: 'warning',
    code: 'VIEW_SELF_CHECK',
    message: 'public.v: self-check: PostgreSQL says that the view uses "public.t.b", which no edge shows',
  });
  const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  expect(report.connections[0].incompleteViews).toEqual([
    { view: 'public.v', reasons: [expect.stringContaining('"public.t.b"')] },
  ]);
});

test('-n picks one connection, and an unknown name is exit code 2 with the known ones', async () => {
  await using control = await startControlPlane();
  const content =
    properties(1, control.url, { 'environment.name': 'down', 'postgres.port': '1' }) + properties(2, control.url);
  expect((await runLineagePlus(content, 'run', '-n', 'shop')).exitCode).toBe(0);
  expect((await runLineagePlus(content, 'run', '-n', 'nope')).result).toMatchObject({
    exitCode: 2,
    remedy: 'Use one of "down", "shop".',
  });
});

test('check connects to both ends and writes no lineage', async () => {
  await using control = await startControlPlane();
  expect((await runLineagePlus(properties(1, control.url), 'check')).exitCode).toBe(0);
  expect(control.keys.size).toBe(1);
  expect(control.syncs).toEqual([]);
});

test('results stay in the output folder when the control plane refuses them', async () => {
  await using control = await startControlPlane(403);
  expect((await runLineagePlus(properties(1, control.url))).result).toMatchObject({ exitCode: 6, outcome: 'failed' });
  expect(JSON.parse(await readFile(join(folder, 'sync-request.json'), 'utf8'))).toHaveProperty('edges');
});

test('explain follows a column through views down to tables', async () => {
  const content = properties(1, 'http://127.0.0.1:9');
  const { exitCode, everything } = await runLineagePlus(
    content,
    'explain',
    `${database.connection.database}.analytics.customer_ranking.total_spend`,
  );
  expect(exitCode).toBe(0);
  expect(everything).toContain('  sales.order_revenue.revenue AGGREGATION');
  expect(everything).toContain('    sales.order_lines.unit_price AGGREGATION');
  expect((await runLineagePlus(content, 'explain', `${database.connection.database}.analytics.nope.x`)).exitCode).toBe(
    2,
  );
});

test('a run that is stopped leaves nothing half written, and what a killed one left is removed', async () => {
  const left = ['openlineage.ndjson.part', '2-sync-request.json.views.part', 'report.json.part'];
  for (const name of [...left, 'of-somebody-else.part']) await writeFile(join(folder, name), 'x');
  await writeFile(join(folder, 'postgres.properties'), properties(1, 'http://127.0.0.1:9'));
  let stop: (signal: 'SIGTERM') => void = () => undefined;
  let seen: string[] = [];
  const exitCode = await runAgent(lineagePlus, {
    args: ['run', '--in', folder, '--out', folder],
    writeOutput: (text) => {
      if (!text.includes('"phase":"resolve"')) return;
      // The file is opened by another thread, and a quick source may be ahead of it.
      for (let turn = 0; turn < 500 && !seen.includes('sync-request.json.part'); turn++) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        seen = readdirSync(folder);
      }
      stop('SIGTERM');
    },
    writeLog: () => undefined,
    onSignal: (listener) => {
      stop = listener;
    },
  });
  expect(exitCode).toBe(143);
  expect(seen).toContain('sync-request.json.part');
  expect((await readdir(folder)).sort()).toEqual(['of-somebody-else.part', 'postgres.properties', 'report.json']);
});
