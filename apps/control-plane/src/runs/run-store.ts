import {
  AppError,
  activeRunStatuses,
  describeError,
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
import { hostStateOf } from '../hosts/host-state.ts';

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
      .selectAll('runs')
      .select(['jobs.name as job_name', 'hosts.last_seen_at as host_seen_at', 'hosts.registered_at as host_since']);

  const artifactsOf = async (runIds: RunId[]) =>
    runIds.length === 0
      ? []
      : db.selectFrom('run_artifacts').select(['run_id', 'name', 'bytes']).where('run_id', 'in', runIds).execute();

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

type RunRow = Selectable<Tables['runs']> & {
  job_name: string;
  host_seen_at: Date | null;
  host_since: Date;
};

function toRun(row: RunRow, artifacts: { run_id: RunId; name: string; bytes: number }[]): Run {
  return {
    id: row.id,
    jobId: row.job_id,
    jobName: row.job_name,
    hostId: row.host_id,
    agentType: row.agent_type,
    status: row.status,
    failure: row.failure && {
      code: row.failure.code,
      ...describeError(row.failure.code, { message: row.outcome?.message ?? '', ...row.failure.details }),
    },
    waitingFor: row.status === 'queued' ? waitingFor(row) : null,
    requestedBy: row.requested_by,
    queuedAt: row.queued_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    cancelRequestedAt: row.cancel_requested_at?.toISOString() ?? null,
    exitCode: row.exit_code,
    outcome: row.outcome,
    artifacts: artifacts.filter((a) => a.run_id === row.id).map(({ name, bytes }) => ({ name, bytes })),
    logLines: row.log_lines,
  };
}

function waitingFor(row: RunRow): string {
  if (row.dispatched_at === null) return 'Temporal, which does not answer just now.';
  const state = hostStateOf(row.host_seen_at, new Date());
  if (state === 'online') return `Host "${row.host_id}" to start it.`;
  return row.host_seen_at
    ? `Host "${row.host_id}", last heard of at ${row.host_seen_at.toISOString()}.`
    : `Host "${row.host_id}", which was never heard of since its registration.`;
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
  };
}
