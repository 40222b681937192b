import type { Logger } from '@bigeye/service-kit';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { type ChangeFeed, createChangeFeed } from './change-feed.ts';
import { migrate } from './migrate.ts';
import type { Db, Tables } from './tables.ts';
import { untilAnswering } from './until-answering.ts';

export interface Database extends AsyncDisposable {
  db: Db;
  changes: ChangeFeed;
  /** True while the server answers. */
  isReady(): Promise<boolean>;
}

/** Waits until the PostgreSQL at `url` answers, and migrates it. Throws DATABASE_REFUSED, DATABASE_NEWER. */
export async function openDatabase(options: {
  url: string;
  log: Logger;
  signal?: AbortSignal | undefined;
}): Promise<Database> {
  const { url, log, signal } = options;
  await untilAnswering(url, log, signal);
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  const lost = (error: Error) => log.warn({ reason: error.message }, 'database connection lost');
  pool.on('error', lost);
  // In the middle of a transaction nobody else listens, and an error that nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', lost));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const changes = createChangeFeed(url, db, log);
  return {
    db,
    changes,
    isReady: async () =>
      await sql`select 1`.execute(db).then(
        () => true,
        () => false,
      ),
    [Symbol.asyncDispose]: async () => {
      await changes.close();
      await db.destroy();
    },
  };
}
