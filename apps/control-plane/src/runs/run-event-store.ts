import {
  AppError,
  type HostId,
  type JobId,
  type RunEvent,
  type RunEventKind,
  type RunEventPage,
} from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db, Row } from '../db/tables.ts';

export interface RunEventQuery {
  after: number;
  limit: number;
  jobId?: JobId | undefined;
  hostId?: HostId | undefined;
  kind?: RunEventKind | undefined;
}

export type RunEventStore = ReturnType<typeof createRunEventStore>;

/** Events that one answer looks through at most, however few of them are asked for. */
const scannedAtOnce = 10_000;

/** What happened to runs, in the order in which it became visible. The database itself writes it (migration 0021). */
export function createRunEventStore(db: Db) {
  return {
    /** Throws RUN_EVENTS_REMOVED where `after` names no event that is kept: what came next may be gone. */
    async listEvents({ after, limit, jobId, hostId, kind }: RunEventQuery): Promise<RunEventPage> {
      const { rows } = await sql<Scan & (Row<'run_events'> | { id: null })>`
        with kept as (select coalesce(min(id), 0) as oldest, coalesce(max(id), 0) as newest from run_events),
        scanned as materialized (select * from run_events where id > ${after} order by id limit ${scannedAtOnce}),
        found as (select * from scanned
          where (${jobId ?? null}::text is null or job_id = ${jobId ?? null})
            and (${hostId ?? null}::text is null or host_id = ${hostId ?? null})
            and (${kind ?? null}::text is null or kind = ${kind ?? null})
          order by id limit ${limit})
        select kept.*, (select max(id) from scanned) as scanned_to,
          exists (select from run_events where id = ${after}) as is_kept, found.*
        from kept left join found on true order by found.id`.execute(db);
      const [scan] = rows;
      if (!scan) throw new Error('the query answers with one row at least');
      const [oldest, newest] = [Number(scan.oldest), Number(scan.newest)];
      if (after > 0 && !scan.is_kept) throw new AppError('RUN_EVENTS_REMOVED', { after, oldest, newest });
      const events = rows.flatMap((row) => (row.id === null ? [] : [toEvent(row)]));
      const nextAfter = events.length === limit ? events.at(-1)?.id : scan.scanned_to;
      return { events, nextAfter: Number(nextAfter ?? after), newest };
    },

    /**
     * Hands the events that this consumer has not handled yet to `handle`, at most `limit`, and answers with how many. What it
     * writes with `tx` is kept together with how far it came, or not at all, so each event is handled once, whatever dies; one at
     * a time does it, of all processes. What it does elsewhere it may do twice.
     */
    async consume(
      { name, limit }: { name: string; limit: number },
      handle: (tx: Db, events: RunEvent[]) => Promise<void>,
    ): Promise<number> {
      const position = sql<string>`coalesce((select position from run_event_consumers where name = ${name}), 0)`;
      const next = db.selectFrom('run_events').select('id').where('id', '>', position).orderBy('id').limit(1);
      if ((await next.executeTakeFirst()) === undefined) return 0;
      return await db.transaction().execute(async (tx) => {
        // A process that goes no further would keep the others from going on.
        await sql`set local idle_in_transaction_session_timeout = '30s'`.execute(tx);
        await tx
          .insertInto('run_event_consumers')
          .values({ name, position: '0' })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        const { position: handled } = await tx
          .selectFrom('run_event_consumers')
          .select('position')
          .where('name', '=', name)
          .forUpdate()
          .executeTakeFirstOrThrow();
        const rows = await tx
          .selectFrom('run_events')
          .selectAll()
          .where('id', '>', handled)
          .orderBy('id')
          .limit(limit)
          .execute();
        const last = rows.at(-1);
        if (!last) return 0;
        await handle(tx, rows.map(toEvent));
        await tx.updateTable('run_event_consumers').set({ position: last.id }).where('name', '=', name).execute();
        return rows.length;
      });
    },
  };
}

interface Scan {
  oldest: string;
  newest: string;
  scanned_to: string | null;
  is_kept: boolean;
}

const toEvent = (row: Row<'run_events'>): RunEvent => ({
  id: Number(row.id),
  at: row.at.toISOString(),
  kind: row.kind,
  runId: row.run_id,
  jobId: row.job_id,
  hostId: row.host_id,
  status: row.status,
  failureCode: row.failure_code,
  detail: row.detail,
});
