import {
  AppError,
  activeRunStatuses,
  type ContainerEnd,
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
import { BoundedMap, createRunId } from '@bigeye/service-kit';
import { type InsertQueryBuilder, type Selectable, sql, type UpdateQueryBuilder } from 'kysely';
import type { ChangeFeed } from '../db/change-feed.ts';
import { cursorAt, decodeCursor, type PageQuery, toPage } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';
import { isUniqueViolation } from '../db/unique-violation.ts';
import { type Station, type StoredArtifact, stationsOfWaiting, toRun } from './run-view.ts';

export interface RunQuery extends PageQuery {
  jobId?: JobId | undefined;
  hostId?: HostId | undefined;
  status?: RunStatus | undefined;
}

type RunStore = ReturnType<typeof createRunStore>;

export type { RunStore };

/** A host asks about its active runs again and again. */
const rememberedRuns = 10_000;

const artifactsOfRun = sql<StoredArtifact[]>`(
  select coalesce(json_agg(json_build_object('name', name, 'bytes', bytes, 'removedAt', removed_at) order by name), '[]')
  from run_artifacts where run_artifacts.run_id = runs.id)`;

/** The only SQL about runs and their timelines. Every change of status names the status it expects. */
export function createRunStore(db: Db, changes: ChangeFeed) {
  const hostsOfRuns = new BoundedMap<RunId, HostId>(rememberedRuns);
  const withNames = () =>
    db
      .selectFrom('runs')
      .innerJoin('jobs', 'jobs.id', 'runs.job_id')
      .innerJoin('hosts', 'hosts.id', 'runs.host_id')
      .leftJoin('run_logs', 'run_logs.run_id', 'runs.id')
      .selectAll('runs')
      .select('run_logs.removed_at as log_removed_at')
      .select(['jobs.name as job_name', 'hosts.last_seen_at as host_seen_at', 'hosts.registered_at as host_since'])
      .select(artifactsOfRun.as('artifacts'))
      .select(({ selectFrom, case: when }) =>
        when()
          .when('runs.status', 'in', activeRunStatuses)
          .then(
            selectFrom('run_timeline as station')
              .select(sql<Station>`jsonb_build_object('kind', kind, 'at', at, 'detail', detail)`.as('station'))
              .whereRef('station.run_id', '=', 'runs.id')
              .where('station.kind', 'in', stationsOfWaiting)
              .orderBy('station.at', 'desc')
              .limit(1),
          )
          .end()
          .as('host_station'),
      );

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

  const store = {
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
        const active = await store.findActiveRunId(job.id);
        throw new AppError('JOB_HAS_ACTIVE_RUN', { jobId: job.id, runId: active ?? 'just now' }, { cause: error });
      }
      await changes.announce({ runId: id, what: 'timeline' });
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
      return toRun(row);
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
      const page = toPage(rows, limit, (row) => cursorAt({ at: row.queued_at, id: row.id }));
      return { ...page, items: page.items.map(toRun) };
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

    /** How its host reported the end of its container, if it did. */
    async findReportedEnd(runId: RunId): Promise<ContainerEnd | null> {
      const row = await db.selectFrom('runs').select('reported_end').where('id', '=', runId).executeTakeFirst();
      return row?.reported_end ?? null;
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
      const run = await store.getRun(runId);
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
      } else if (run.cancelRequestedAt === null) throw new AppError('RUN_NOT_ACTIVE', { runId, status: run.status });
    },

    /** Throws RUN_NOT_FOUND unless the run belongs to the host, which it does for good. */
    async requireOnHost(runId: RunId, hostId: HostId): Promise<void> {
      if (hostsOfRuns.get(runId) === hostId) return;
      const row = await db
        .selectFrom('runs')
        .select('id')
        .where('id', '=', runId)
        .where('host_id', '=', hostId)
        .executeTakeFirst();
      if (!row) throw new AppError('RUN_NOT_FOUND', { runId });
      hostsOfRuns.set(runId, hostId);
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
