import {
  AppError,
  activeRunStatuses,
  type Job,
  type RecordedFailure,
  type RecordRunStatusInput,
  type RunId,
  type TimelineEvent,
} from '@bigeye/contracts';
import { createRunId } from '@bigeye/service-kit';
import { type InsertQueryBuilder, sql, type UpdateQueryBuilder } from 'kysely';
import type { Db, Tables } from '../db/tables.ts';
import { isUniqueViolation } from '../db/unique-violation.ts';
import { createRunReads } from './run-reads-store.ts';

export type RunStore = ReturnType<typeof createRunStore>;

/**
 * The only SQL about runs and their timelines. Every change of status names the status it expects. The database tells each change,
 * to who shows the run and as an event, in the transaction that makes it.
 */
export function createRunStore(db: Db) {
  const reads = createRunReads(db);

  /**
   * What changes a run and returns its id, with the station that tells of it, in one statement. False where nothing was
   * changed.
   */
  const changeAndTell = async (
    change:
      | InsertQueryBuilder<Tables, 'runs', { id: RunId }>
      | UpdateQueryBuilder<Tables, 'runs', 'runs', { id: RunId }>,
    { kind, at, detail }: TimelineEvent,
  ): Promise<boolean> => {
    const station = [
      sql`${kind}::text`.as('kind'),
      sql`${at}::timestamptz`.as('at'),
      sql`${detail ?? null}::text`.as('detail'),
    ];
    const { numInsertedOrUpdatedRows } = await db
      .with('changed', () => change)
      .insertInto('run_timeline')
      .columns(['run_id', 'kind', 'at', 'detail'])
      .expression((from) => from.selectFrom('changed').select(['changed.id', ...station]))
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  };

  const now = (kind: TimelineEvent['kind'], detail?: string): TimelineEvent => ({
    kind,
    at: new Date().toISOString(),
    ...(detail === undefined ? {} : { detail }),
  });

  return {
    ...reads,

    /** Inserts a queued run. Throws JOB_HAS_ACTIVE_RUN, and JOB_NOT_FOUND where the job was deleted meanwhile. */
    async insertRun(job: Job, requestedBy: string): Promise<RunId> {
      const id = createRunId();
      const queuedAt = new Date().toISOString();
      // It holds the job, so that this waits for one who deletes it, or the other for this.
      const ofJob = db
        .selectFrom('jobs')
        .select([
          sql<RunId>`${id}::text`.as('id'),
          'jobs.id as job_id',
          sql<Job['hostId']>`${job.hostId}::text`.as('host_id'),
          sql<Job['agentType']>`${job.agentType}::text`.as('agent_type'),
          sql<string>`${JSON.stringify(job.parameters)}::jsonb`.as('parameters'),
          sql<string>`${JSON.stringify(job.settings)}::jsonb`.as('settings'),
          sql<'queued'>`'queued'`.as('status'),
          sql<string>`${requestedBy}::text`.as('requested_by'),
          sql<Date>`${queuedAt}::timestamptz`.as('queued_at'),
        ])
        .where('jobs.id', '=', job.id)
        .forKeyShare();
      const columns = [
        ...(['id', 'job_id', 'host_id', 'agent_type', 'parameters', 'settings'] as const),
        ...(['status', 'requested_by', 'queued_at'] as const),
      ];
      try {
        const run = db.insertInto('runs').columns(columns).expression(ofJob).returning('id');
        if (await changeAndTell(run, { kind: 'queued', at: queuedAt })) return id;
      } catch (error) {
        if (!isUniqueViolation(error, 'runs_one_active_per_job')) throw error;
        const active = await reads.findActiveRunId(job.id);
        throw new AppError('JOB_HAS_ACTIVE_RUN', { jobId: job.id, runId: active ?? 'just now' }, { cause: error });
      }
      throw new AppError('JOB_NOT_FOUND', { jobId: job.id });
    },

    async recordDispatched(runId: RunId): Promise<void> {
      const offered = now('offered');
      await changeAndTell(
        db
          .updateTable('runs')
          .set({ dispatched_at: offered.at })
          .where('id', '=', runId)
          .where('dispatched_at', 'is', null)
          .returning('id'),
        offered,
      );
    },

    /** Moves a run on; a status that was recorded already is left as it is, so a repeat does no harm. */
    async recordStatus(input: RecordRunStatusInput<RecordedFailure>): Promise<void> {
      const { runId } = input;
      if (input.status === 'running') {
        await db
          .updateTable('runs')
          .set({ status: 'running', started_at: input.startedAt })
          .where('id', '=', runId)
          .where('status', '=', 'queued')
          .execute();
      } else {
        const finishedAt = input.exit?.finishedAt ?? new Date().toISOString();
        const { status, failure, exit } = input;
        await changeAndTell(
          db
            .updateTable('runs')
            .set({
              status,
              failure: failure && JSON.stringify(failure),
              finished_at: finishedAt,
              ...(exit ? { exit_code: exit.exitCode, started_at: exit.startedAt } : {}),
            })
            .where('id', '=', runId)
            .where('status', 'in', activeRunStatuses)
            .returning('id'),
          now('finished'),
        );
      }
    },

    /** Throws RUN_NOT_FOUND, RUN_NOT_ACTIVE. Asking twice is asking once. */
    async requestCancel(runId: RunId, requestedBy: string): Promise<void> {
      const isChanged = await changeAndTell(
        db
          .updateTable('runs')
          .set({ cancel_requested_at: new Date() })
          .where('id', '=', runId)
          .where('status', 'in', activeRunStatuses)
          .where('cancel_requested_at', 'is', null)
          .returning('id'),
        now('cancel_requested', `by ${requestedBy}`),
      );
      if (isChanged) return;
      // Read after that, so that who asks at the same time as another sees that it was asked.
      const { cancelRequestedAt, status } = await reads.getRun(runId);
      if (cancelRequestedAt === null) throw new AppError('RUN_NOT_ACTIVE', { runId, status });
    },
  };
}
