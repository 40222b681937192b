import { randomBytes } from 'node:crypto';
import { createLogger } from '@bigeye/service-kit';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, inject } from 'vitest';
import { type Database, openDatabase } from '../db/database.ts';

const log = createLogger('test', 'error');

/** `url`: for what another process or connection does. */
type TestDatabase = Database & { url: string };

/**
 * Runs the tests on each PostgreSQL server of the run (tests/support/postgres-servers.ts). Each test finds its tables empty; the
 * database is made once, because that takes longer.
 */
export function describeEachDatabase(name: string, tests: (database: () => TestDatabase) => void): void {
  for (const { url, version } of inject('postgresServers'))
    describe(`${name} on PostgreSQL ${version}`, () => tests(useDatabase(url)));
}

function useDatabase(url: string): () => TestDatabase {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await openNewDatabase(url);
  });
  afterEach(async () => {
    if (database) await sql.raw(`truncate ${tables.join(', ')} cascade`).execute(database.db);
  });
  afterAll(() => database?.[Symbol.asyncDispose]());
  return () => {
    if (!database) throw new Error('the database is open only while tests run');
    return database;
  };
}

/** Roots: all other tables hang on them. */
const tables = [
  'users',
  'api_keys',
  'account_keys',
  'hosts',
  'lineage_repositories',
  'leases',
  'object_deletions',
  'cleanings',
  'run_events',
  'run_event_consumers',
  'run_counts',
  'vault_keys',
];

async function openNewDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await onServer(serverUrl, `create database ${name}`);
  const database = await openDatabase({ url: url.href, log });
  return {
    ...database,
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      await onServer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
