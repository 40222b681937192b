import { setTimeout as pause } from 'node:timers/promises';
import type { DefaultPostgres } from './default-postgres.ts';

export interface Watched {
  /** Most locks that sessions of the reader held at once, by samples of 10 ms. */
  readonly mostLocks: number;
  /** Of a session that changes one table after the other, with a pause of 5 ms. */
  readonly alters: number;
  readonly longestAlterMs: number;
  readonly failedAlters: number;
}

/** Changes tables and counts the reader's locks until `work` is over. `ALTER TABLE` gives up after ten seconds. */
export async function watchSource(
  postgres: DefaultPostgres,
  { reader, tables, work }: { reader: string; tables: number; work: Promise<unknown> },
): Promise<Watched> {
  let over = false;
  const ended = work
    .catch(() => undefined)
    .finally(() => {
      over = true;
    });
  const counted = countLocks(postgres, reader, () => over);
  const altered = alterTables(postgres, tables, () => over);
  const [mostLocks, alters] = await Promise.all([counted, altered]);
  await ended;
  return { mostLocks, ...alters };
}

async function countLocks(postgres: DefaultPostgres, reader: string, isOver: () => boolean): Promise<number> {
  const client = await postgres.connect();
  let most = 0;
  while (!isOver()) {
    const counted = client.query(
      `SELECT coalesce(max(held), 0)::int AS held FROM (
         SELECT count(*) AS held FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE application_name LIKE $1 AND granted GROUP BY pid) AS sessions`,
      [reader],
    );
    // A reader that takes the whole lock table leaves none for us either.
    const { rows } = await counted.catch(() => ({ rows: [{ held: 0 }] }));
    most = Math.max(most, rows[0].held);
    await pause(10);
  }
  await client.end();
  return most;
}

async function alterTables(postgres: DefaultPostgres, tables: number, isOver: () => boolean) {
  const client = await postgres.connect();
  await client.query("SET lock_timeout = '10s'");
  const found = { alters: 0, longestAlterMs: 0, failedAlters: 0 };
  // A step without a common divisor goes to every table, and never to the next one that the reader goes to.
  for (let n = 0; !isOver(); n = (n + 4_999) % tables) {
    const begun = performance.now();
    await client.query(`ALTER TABLE s.t_${n} ALTER COLUMN c0 SET DEFAULT 1`).catch(() => found.failedAlters++);
    found.longestAlterMs = Math.max(found.longestAlterMs, Math.round(performance.now() - begun));
    found.alters++;
    await pause(5);
  }
  await client.end();
  return found;
}
