import { activeRunStatuses, type RunId } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';
import { forgetObject } from '../objects/object-deletion-store.ts';

export type RetentionStore = ReturnType<typeof createRetentionStore>;

/** What one cleaning removed. */
export interface Cleaning {
  runs: number;
  logs: number;
  artifacts: number;
  audit: number;
  /** Of runs. */
  events: number;
  objects: number;
}

/** Removes what is older than it is to be kept, a few at a time: locks are held for moments and nobody waits for long. */
export function createRetentionStore(db: Db) {
  return {
    /**
     * Runs that finished before `before`, with all that is known of them; the newest of each job stays, so that a job that
     * runs once a year has a last run. Answers with how many there were.
     */
    async deleteRuns(before: Date, limit: number): Promise<number> {
      const { numDeletedRows } = await db
        .deleteFrom('runs')
        .where('id', 'in', (eb) =>
          eb
            .selectFrom('runs as old')
            .select('old.id')
            .where('old.finished_at', '<', before)
            .where('old.status', 'not in', activeRunStatuses)
            .where((where) =>
              where.exists(
                where
                  .selectFrom('runs as newer')
                  .select('newer.id')
                  .whereRef('newer.job_id', '=', 'old.job_id')
                  .where(sql<boolean>`(newer.queued_at, newer.id) > (old.queued_at, old.id)`),
              ),
            )
            .orderBy('old.finished_at')
            .limit(limit),
        )
        .executeTakeFirstOrThrow();
      return Number(numDeletedRows);
    },

    /** Logs of runs that finished before `before`; the runs remember when theirs went. */
    async removeLogs(before: Date, limit: number): Promise<number> {
      return await db.transaction().execute(async (tx) => {
        const rows = await tx
          .selectFrom('run_logs')
          .innerJoin('runs', 'runs.id', 'run_logs.run_id')
          .select('run_logs.run_id as runId')
          .where('runs.finished_at', '<', before)
          .where('run_logs.removed_at', 'is', null)
          .orderBy('runs.finished_at')
          .limit(limit)
          .forUpdate('run_logs')
          .skipLocked()
          .execute();
        if (rows.length === 0) return 0;
        const runIds = rows.map((row) => row.runId);
        await tx.deleteFrom('run_log_chunks').where('run_id', 'in', runIds).execute();
        await tx.deleteFrom('run_log_segments').where('run_id', 'in', runIds).execute();
        await tx
          .updateTable('run_logs')
          .set({ removed_at: new Date(), tail_bytes: 0 })
          .where('run_id', 'in', runIds)
          .execute();
        for (const runId of runIds) await forgetObject(tx, logsOf(runId));
        return runIds.length;
      });
    },

    /** Contents of artifacts of runs that finished before `before`; their names and sizes stay. */
    async removeArtifacts(before: Date, limit: number): Promise<number> {
      return await db.transaction().execute(async (tx) => {
        const rows = await tx
          .selectFrom('run_artifacts')
          .innerJoin('runs', 'runs.id', 'run_artifacts.run_id')
          .select(['run_artifacts.run_id as runId', 'run_artifacts.name', 'run_artifacts.object'])
          .where('runs.finished_at', '<', before)
          .where('run_artifacts.removed_at', 'is', null)
          .orderBy('runs.finished_at')
          .limit(limit)
          .forUpdate('run_artifacts')
          .skipLocked()
          .execute();
        for (const { runId, name, object } of rows) {
          await tx
            .updateTable('run_artifacts')
            .set({ removed_at: new Date(), content: null, object: null, stored_bytes: 0 })
            .where('run_id', '=', runId)
            .where('name', '=', name)
            .execute();
          if (object) await forgetObject(tx, object);
        }
        return rows.length;
      });
    },

    /**
     * Events from before `before`, oldest first, that every consumer has handled. The newest of them stays: who has come as far as
     * that has missed nothing.
     */
    async deleteEvents(before: Date, limit: number): Promise<number> {
      const { rows } = await sql`
        with oldest as (select id, lead(at) over (order by id) as next_at
          from (select id, at from run_events order by id limit ${limit + 1}) as first)
        delete from run_events using oldest where run_events.id = oldest.id and next_at < ${before}
          and run_events.id <= coalesce((select min(position) from run_event_consumers), 0)
        returning run_events.id`.execute(db);
      return rows.length;
    },

    async recordCleaning(cleaning: Cleaning): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await tx.deleteFrom('cleanings').execute();
        await tx
          .insertInto('cleanings')
          .values({ at: new Date(), ...cleaning })
          .execute();
      });
    },

    /** What there is and how much room it takes. */
    async measure() {
      const sizes = await sql<{ name: string; bytes: string }>`
        select c.relname as name, pg_total_relation_size(c.oid) as bytes
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = current_schema() and c.relkind = 'r' order by 2 desc`.execute(db);
      const { database } = (
        await sql<{ database: string }>`select pg_database_size(current_database()) as database`.execute(db)
      ).rows[0] ?? { database: 0 };
      const runs = await db
        .selectFrom('runs')
        .select(({ fn }) => [fn.countAll<string>().as('count'), fn.min('queued_at').as('oldest')])
        .executeTakeFirstOrThrow();
      const segments = await db
        .selectFrom('run_log_segments')
        .select(({ fn }) => fn.sum<string | null>('stored_bytes').as('stored'))
        .executeTakeFirstOrThrow();
      const logs = await db
        .selectFrom('run_logs')
        .select(({ fn }) => [fn.countAll<string>().as('count'), fn.sum<string | null>('bytes').as('bytes')])
        .where('removed_at', 'is', null)
        .executeTakeFirstOrThrow();
      const artifacts = await db
        .selectFrom('run_artifacts')
        .select(({ fn }) => [
          fn.countAll<string>().as('count'),
          fn.sum<string | null>('bytes').as('bytes'),
          fn.sum<string | null>('stored_bytes').as('stored'),
        ])
        .where('removed_at', 'is', null)
        .executeTakeFirstOrThrow();
      const audit = await db
        .selectFrom('audit_log')
        .select(({ fn }) => [fn.countAll<string>().as('count'), fn.min('at').as('oldest')])
        .executeTakeFirstOrThrow();
      const last = await db.selectFrom('cleanings').selectAll().orderBy('at', 'desc').executeTakeFirst();
      return {
        databaseBytes: Number(database),
        tables: sizes.rows.slice(0, 8).map(({ name, bytes }) => ({ name, bytes: Number(bytes) })),
        runs: { count: Number(runs.count), oldestAt: runs.oldest?.toISOString() ?? null },
        logs: { count: Number(logs.count), bytes: Number(logs.bytes ?? 0), storedBytes: Number(segments.stored ?? 0) },
        artifacts: {
          count: Number(artifacts.count),
          bytes: Number(artifacts.bytes ?? 0),
          storedBytes: Number(artifacts.stored ?? 0),
        },
        audit: { count: Number(audit.count), oldestAt: audit.oldest?.toISOString() ?? null },
        lastCleaning: last
          ? {
              at: last.at.toISOString(),
              runs: last.runs,
              logs: last.logs,
              artifacts: last.artifacts,
              audit: last.audit,
              events: last.events,
              objects: last.objects,
            }
          : null,
      };
    },
  };
}

const logsOf = (runId: RunId): string => `runs/${runId}/log/`;
