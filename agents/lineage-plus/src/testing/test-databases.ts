import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { PostgresConnection } from '../postgres-connection.ts';

const root = join(import.meta.dirname, '../../../..');
const pagilaPath = join(root, '../shared/corpora/lineage-postgres/pagila-schema.sql');

export const demoWarehouseSql = readFileSync(join(root, 'demo/warehouse/src/schema.sql'), 'utf8');

/** A script of ours that stands beside this file. */
export function readTestSql(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

/** pagila's schema without pgvector, or undefined where the corpora are missing. */
export function findPagilaSql(): string | undefined {
  if (!existsSync(pagilaPath)) return undefined;
  return readFileSync(pagilaPath, 'utf8')
    .split(/^--\n(?=-- Name: )/m)
    .filter((section) => !/film_embedding|EXTENSION/.test(section))
    .join('\n')
    .replaceAll('uuidv7()', 'gen_random_uuid()')
    .replace(/^.* VIRTUAL,?$/gm, (column) => column.replace(' VIRTUAL', ' STORED'))
    .replace(/^ALTER .* OWNER TO .*;$/gm, '');
}

/** The views made after public bug reports and for other tools, or undefined where the corpora are missing. */
export function findCorpusViewsSql(): string | undefined {
  const paths = ['hard.sql', 'from-bug-reports.sql'].map((name) => join(root, '../shared/corpora/lineage-views', name));
  return paths.every(existsSync) ? paths.map((path) => readFileSync(path, 'utf8')).join('\n') : undefined;
}

/** A connection as the agent's properties would give it. */
function testConnection(source: Partial<PostgresConnection>): PostgresConnection {
  return {
    name: 'test',
    bigeye: { host: 'http://127.0.0.1:9', apiKey: 'bigeye_agent_test', workspaceId: 1 },
    host: '127.0.0.1',
    port: 5432,
    database: 'postgres',
    user: 'postgres',
    password: 'postgres',
    sslMode: 'disable',
    schemas: undefined,
    ...source,
  };
}

export interface TestDatabase extends AsyncDisposable {
  readonly connection: PostgresConnection;
}

/** A database of its own with the given schema, dropped at the end. */
export async function createTestDatabase(serverUrl: string, sql: string): Promise<TestDatabase> {
  const name = `lineage_test_${process.pid}_${Math.random().toString(36).slice(2, 8)}`;
  const url = new URL(serverUrl);
  await onServer(serverUrl, `CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  await onServer(url.href, sql);
  return {
    connection: testConnection({
      host: url.hostname === '' ? (url.searchParams.get('host') ?? '127.0.0.1') : url.hostname,
      port: Number(url.port === '' ? '5432' : url.port),
      database: name,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
    }),
    async [Symbol.asyncDispose]() {
      await onServer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
