import { RunCount, type RunEvent } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';

export type RunCountStore = ReturnType<typeof createRunCountStore>;

/** How many runs were asked for and how they ended, by day. It stays when runs are deleted. */
export function createRunCountStore(db: Db) {
  return {
    /** Newest day first, `days` of them with today, by the database's clock and UTC. */
    async countsOf(days: number): Promise<RunCount[]> {
      const { rows } = await sql<Record<keyof RunCount, unknown>>`
        select to_char(day, 'YYYY-MM-DD') as day, status, nullif(failure_code, '') as "failureCode", runs::float8 as runs
        from run_counts where day > (now() at time zone 'UTC')::date - ${days}::int
        order by run_counts.day desc, status, failure_code`.execute(db);
      return rows.map((row) => RunCount.parse(row));
    },

    /** Adds what these events tell, with `tx`. */
    async addEvents(tx: Db, events: RunEvent[]): Promise<void> {
      const counted = events.filter(({ kind }) => kind === 'queued' || kind === 'finished');
      const [times, statuses, codes] = [
        counted.map(({ at }) => at),
        counted.map(({ kind, status }) => (kind === 'queued' ? kind : status)),
        counted.map(({ failureCode }) => failureCode ?? ''),
      ];
      await sql`
        insert into run_counts (day, status, failure_code, runs)
        select (at at time zone 'UTC')::date, status, failure_code, count(*)
        from unnest(${times}::timestamptz[], ${statuses}::text[], ${codes}::text[]) as event (at, status, failure_code)
        group by 1, 2, 3
        on conflict (day, status, failure_code) do update set runs = run_counts.runs + excluded.runs`.execute(tx);
    },
  };
}
