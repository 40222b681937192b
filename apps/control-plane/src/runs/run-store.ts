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
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db, Tables } from '../db/tables.ts';
import { isUniqueViolation } from '../db/unique-violation.ts';
import { createRunReads } from './run-reads-store.ts';

export type RunStore = ReturnType<typeof createRunStore>;

/** The only SQL about runs and their timelines. Every change of status names the status it expects. */
export function createRunStore(db: Db, changes: ChangeFeed) {
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

    /** Inserts a queued run. Throws JOB_HAS_ACTIVE_RUN. */
    async insertRun(job: Job, requestedBy: string): Promise<RunId> {
      const id = createRunId();
      const queuedAt = new Date();
      try {
        await changeAndTell(
          db
            .insertInto('runs')
            .values({
              id,
              job_id: job.id,
              host_id: job.hostId,
              agent_type: job.agentType,
              parameters: JSON.stringify(job.parameters),
              settings: JSON.stringify(job.settings),
              status: 'queued',
              requested_by: requestedBy,
              queued_at: queuedAt,
            })
            .returning('id'),
          { kind: 'queued', at: queuedAt.toISOString() },
        );
      } catch (error) {
        if (!isUniqueViolation(error, 'runs_one_active_per_job')) throw error;
        const active = await reads.findActiveRunId(job.id);
        throw new AppError('JOB_HAS_ACTIVE_RUN', { jobId: job.id, runId: active ?? 'just now' }, { cause: error });
      }
      await changes.announce({ runId: id, what: 'timeline' });
      return id;
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
      await changes.announce({ runId, what: 'timeline' });
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
        const isChanged = await changeAndTell(
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
        if (isChanged) await changes.announce({ runId, what: 'timeline' });
      }
      await changes.announce({ runId, what: 'run' });
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
      if (isChanged) {
        await changes.announce({ runId, what: 'timeline' });
        await changes.announce({ runId, what: 'run' });
        return;
      }
      // Read after that, so that who asks at the same time as another sees that it was asked.
      const { cancelRequestedAt, status } = await reads.getRun(runId);
      if (cancelRequestedAt === null) throw new AppError('RUN_NOT_ACTIVE', { runId, status });
    },
  };
}
