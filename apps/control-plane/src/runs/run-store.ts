import {
  AppError,
  activeRunStatuses,
  type HostId,
  type Job,
  type JobId,
  type RecordedFailure,
  type RecordRunStatusInput,
  type Run,
  type RunId,
  type RunJobInput,
  type RunStatus,
  type TimelineEvent,
} from '@bigeye/contracts';
import { createRunId } from '@bigeye/service-kit';
import { type Selectable, sql } from 'kysely';
import type { ChangeFeed } from '../db/change-feed.ts';
import { decodeCursor, toPage } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';
import { isUniqueViolation } from '../db/unique-violation.ts';
import { toRun } from './run-view.ts';

export interface RunQuery {
  jobId?: JobId | undefined;
  hostId?: HostId | undefined;
  status?: RunStatus | undefined;
  cursor?: string | undefined;
  limit: number;
}

type RunStore = ReturnType<typeof createRunStore>;

export type { RunStore };

/** The only SQL about runs and their timelines. Every change of status names the status it expects. */
export function createRunStore(db: Db, changes: ChangeFeed) {
  const withNames = () =>
    db
      .selectFrom('runs')
      .innerJoin('jobs', 'jobs.id', 'runs.job_id')
      .innerJoin('hosts', 'hosts.id', 'runs.host_id')
      .leftJoin('run_logs', 'run_logs.run_id', 'runs.id')
      .selectAll('runs')
      .select('run_logs.removed_at as log_removed_at')
      .select(['jobs.name as job_name', 'hosts.last_seen_at as host_seen_at', 'hosts.registered_at as host_since']);

  const artifactsOf = async (runIds: RunId[]) =>
    runIds.length === 0
      ? []
      : db
          .selectFrom('run_artifacts')
          .select(['run_id', 'name', 'bytes', 'removed_at'])
          .where('run_id', 'in', runIds)
          .execute();

  const appendTimeline = async (runId: RunId, events: TimelineEvent[]) => {
    await db
      .insertInto('run_timeline')
      .values(events.map(({ kind, at, detail }) => ({ run_id: runId, kind, at: new Date(at), detail: detail ?? null })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await changes.announce({ runId, what: 'timeline' });
  };

  const now = (kind: TimelineEvent['kind'], detail?: string): TimelineEvent => ({
    kind,
    at: new Date().toISOString(),
    ...(detail === undefined ? {} : { detail }),
  });

  const store = {
    /** Inserts a queued run. Throws JOB_HAS_ACTIVE_RUN. */
    async insertRun(job: Job, requestedBy: string): Promise<RunId> {
      const id = createRunId();
      const queuedAt = new Date();
      try {
        await db
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
          .execute();
      } catch (error) {
        if (!isUniqueViolation(error, 'runs_one_active_per_job')) throw error;
        const active = await store.findActiveRunId(job.id);
        throw new AppError('JOB_HAS_ACTIVE_RUN', { jobId: job.id, runId: active ?? 'just now' }, { cause: error });
      }
      await appendTimeline(id, [{ kind: 'queued', at: queuedAt.toISOString() }]);
      return id;
    },

    async findActiveRunId(jobId: JobId): Promise<RunId | undefined> {
      const row = await db
        .selectFrom('runs')
        .select('id')
        .where('job_id', '=', jobId)
        .where('status', 'in', activeRunStatuses)
        .executeTakeFirst();
      return row?.id;
    },

    /** Throws RUN_NOT_FOUND. */
    async getRun(runId: RunId): Promise<Run> {
      const row = await withNames().where('runs.id', '=', runId).executeTakeFirst();
      if (!row) throw new AppError('RUN_NOT_FOUND', { runId });
      return toRun(row, await artifactsOf([runId]));
    },

    async listRuns({ jobId, hostId, status, cursor, limit }: RunQuery) {
      let query = withNames().orderBy('runs.queued_at', 'desc').orderBy('runs.id', 'desc');
      if (jobId) query = query.where('runs.job_id', '=', jobId);
      if (hostId) query = query.where('runs.host_id', '=', hostId);
      if (status) query = query.where('runs.status', '=', status);
      if (cursor) {
        const { at, id } = decodeCursor(cursor);
        query = query.where(sql<boolean>`(runs.queued_at, runs.id) < (${at}, ${id})`);
      }
      const rows = await query.limit(limit + 1).execute();
      const page = toPage(rows, limit, (row) => ({ at: row.queued_at, id: row.id }));
      const artifacts = await artifactsOf(page.items.map((row) => row.id));
      return { ...page, items: page.items.map((row) => toRun(row, artifacts)) };
    },

    /** What the workflow of a run is started with, oldest first: runs that no workflow is known for yet. */
    async listUndispatched(limit: number): Promise<RunJobInput[]> {
      const rows = await db
        .selectFrom('runs')
        .selectAll()
        .where('status', '=', 'queued')
        .where('dispatched_at', 'is', null)
        .orderBy('queued_at')
        .limit(limit)
        .execute();
      return rows.map(toWorkflowInput);
    },

    async getWorkflowInput(runId: RunId): Promise<RunJobInput> {
      const row = await db.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirst();
      if (!row) throw new AppError('RUN_NOT_FOUND', { runId });
      return toWorkflowInput(row);
    },

    async recordDispatched(runId: RunId): Promise<void> {
      const at = new Date();
      await db
        .updateTable('runs')
        .set({ dispatched_at: at })
        .where('id', '=', runId)
        .where('dispatched_at', 'is', null)
        .execute();
      await appendTimeline(runId, [{ kind: 'offered', at: at.toISOString() }]);
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
        const { numUpdatedRows } = await db
          .updateTable('runs')
          .set({
            status: input.status,
            failure: input.failure && JSON.stringify(input.failure),
            finished_at: finishedAt,
            ...(input.exit ? { exit_code: input.exit.exitCode, started_at: input.exit.startedAt } : {}),
          })
          .where('id', '=', runId)
          .where('status', 'in', activeRunStatuses)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 1n) await appendTimeline(runId, [now('finished')]);
      }
      await changes.announce({ runId, what: 'run' });
    },

    /** Throws RUN_NOT_FOUND, RUN_NOT_ACTIVE. Asking twice is asking once. */
    async requestCancel(runId: RunId, requestedBy: string): Promise<void> {
      const run = await store.getRun(runId);
      const { numUpdatedRows } = await db
        .updateTable('runs')
        .set({ cancel_requested_at: new Date() })
        .where('id', '=', runId)
        .where('status', 'in', activeRunStatuses)
        .where('cancel_requested_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 1n) {
        await appendTimeline(runId, [now('cancel_requested', `by ${requestedBy}`)]);
        await changes.announce({ runId, what: 'run' });
      } else if (run.cancelRequestedAt === null) throw new AppError('RUN_NOT_ACTIVE', { runId, status: run.status });
    },

    /** Throws RUN_NOT_FOUND unless the run belongs to the host. */
    async requireOnHost(runId: RunId, hostId: HostId): Promise<void> {
      const row = await db
        .selectFrom('runs')
        .select('id')
        .where('id', '=', runId)
        .where('host_id', '=', hostId)
        .executeTakeFirst();
      if (!row) throw new AppError('RUN_NOT_FOUND', { runId });
    },

    async listActiveIdsOfHost(hostId: HostId): Promise<RunId[]> {
      const rows = await db
        .selectFrom('runs')
        .select('id')
        .where('host_id', '=', hostId)
        .where('status', 'in', activeRunStatuses)
        .execute();
      return rows.map((row) => row.id);
    },

    /** Active runs of hosts that were revoked: whoever revoked them died before they were ended. */
    async listActiveOfRevokedHosts(): Promise<{ runId: RunId; hostId: HostId }[]> {
      return await db
        .selectFrom('runs')
        .innerJoin('hosts', 'hosts.id', 'runs.host_id')
        .select(['runs.id as runId', 'hosts.id as hostId'])
        .where('runs.status', 'in', activeRunStatuses)
        .where('hosts.revoked_at', 'is not', null)
        .execute();
    },

    /** Active runs whose workflow should exist by now: what the reconciler looks after. */
    async listActiveDispatchedBefore(before: Date): Promise<RunId[]> {
      const rows = await db
        .selectFrom('runs')
        .select('id')
        .where('status', 'in', activeRunStatuses)
        .where('dispatched_at', '<', before)
        .execute();
      return rows.map((row) => row.id);
    },

    /** Runs whose cancel was asked for but that are still active: the request is repeated until it took effect. */
    async listCancelRequested(): Promise<RunId[]> {
      const rows = await db
        .selectFrom('runs')
        .select('id')
        .where('status', 'in', activeRunStatuses)
        .where('cancel_requested_at', 'is not', null)
        .execute();
      return rows.map((row) => row.id);
    },

    async listTimeline(runId: RunId): Promise<TimelineEvent[]> {
      const rows = await db.selectFrom('run_timeline').selectAll().where('run_id', '=', runId).orderBy('at').execute();
      return rows.map(({ kind, at, detail }) => ({ kind, at: at.toISOString(), ...(detail ? { detail } : {}) }));
    },
  };
  return store;
}

function toWorkflowInput(row: Selectable<Tables['runs']>): RunJobInput {
  return {
    protocolVersion: 1,
    runId: row.id,
    jobId: row.job_id,
    hostId: row.host_id,
    agentType: row.agent_type,
    parameters: row.parameters,
    settings: row.settings,
    ...(row.status === 'running' ? { wasStarted: true } : {}),
  };
}
