import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { type Database, openDatabase } from '../db/database.ts';

const log = createLogger('test', 'error');

/**
 * Runs the tests on PGlite and on a real PostgreSQL server (`TEST_POSTGRES_URL`, set by script/test). Each test finds
 * its tables empty; the database is made once, because that takes seconds.
 */
export function describeEachDatabase(name: string, tests: (database: () => Database) => void): void {
  describe(`${name} on PGlite`, () => tests(useDatabase(openPglite)));
  const url = process.env.TEST_POSTGRES_URL;
  describe.skipIf(!url)(`${name} on PostgreSQL`, () => tests(useDatabase(() => openPostgres(url ?? ''))));
}

function useDatabase(open: () => Promise<Database>): () => Database {
  let database: Database | undefined;
  beforeAll(async () => {
    database = await open();
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
];

async function openPglite(): Promise<Database> {
  const dataDir = mkdtempSync(join(tmpdir(), 'control-plane-db-'));
  const database = await openDatabase({ dataDir, log });
  return {
    ...database,
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true });
    },
  };
}

async function openPostgres(url: string): Promise<Database> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(url, `create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  const database = await openDatabase({ url: own.href, dataDir: '', log });
  return {
    ...database,
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]();
      await onServer(url, `drop database ${name} with (force)`);
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}
