import { join } from 'node:path';
import type { Logger } from '@bigeye/service-kit';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import pg from 'pg';
import { type ChangeFeed, createPgliteChangeFeed, createPostgresChangeFeed } from './change-feed.ts';
import { migrate } from './migrate.ts';
import { PrivateFiles } from './private-files.ts';
import type { Db, Tables } from './tables.ts';

export interface Database extends AsyncDisposable {
  db: Db;
  changes: ChangeFeed;
}

/** Opens PostgreSQL by `url`, else PGlite in `<dataDir>/postgres` (one process only), and migrates. */
export async function openDatabase(options: {
  url?: string | undefined;
  dataDir: string;
  log: Logger;
}): Promise<Database> {
  return options.url ? openPostgres(options.url, options.log) : openPglite(options.dataDir);
}

async function openPglite(dataDir: string): Promise<Database> {
  const pglite = await PGlite.create({ fs: new PrivateFiles(join(dataDir, 'postgres')) });
  const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
  await migrate(db);
  return { db, changes: await createPgliteChangeFeed(pglite), [Symbol.asyncDispose]: () => db.destroy() };
}

async function openPostgres(url: string, log: Logger): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', (error) => log.warn({ reason: error.message }, 'idle database connection lost'));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  await migrate(db);
  const changes = createPostgresChangeFeed(url, db, log);
  return {
    db,
    changes,
    [Symbol.asyncDispose]: async () => {
      await changes.close();
      await db.destroy();
    },
  };
}
