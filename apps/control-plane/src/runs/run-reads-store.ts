import {
  AppError,
  activeRunStatuses,
  type ContainerEnd,
  type HostId,
  type JobId,
  type Run,
  type RunId,
  type RunJobInput,
  type RunStatus,
  type TimelineEvent,
} from '@bigeye/contracts';
import { BoundedMap } from '@bigeye/service-kit';
import { type Selectable, sql } from 'kysely';
import { type PageQuery, pageByTime } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';
import { type SlotHolder, type Station, type StoredArtifact, stationsOfWaiting, toRun } from './run-view.ts';

export interface RunQuery extends PageQuery {
  jobId?: JobId | undefined;
  hostId?: HostId | undefined;
  status?: RunStatus | undefined;
}

/** A host asks about its active runs again and again. */
const rememberedRuns = 10_000;

const artifactsOfRun = sql<StoredArtifact[]>`(
  select coalesce(json_agg(json_build_object('name', name, 'bytes', bytes, 'removedAt', removed_at) order by name), '[]')
  from run_artifacts where run_artifacts.run_id = runs.id)`;

/** Where the run waits: who has the slots of its host, by the host's word, which counts for its own runs only. */
const slotHoldersOfHost = sql<SlotHolder[] | null>`case when runs.status = 'queued' then (
  select json_agg(json_build_object('runId', holder.id, 'jobName', holder_job.name, 'startedAt', holder.started_at)
    order by holder.started_at nulls last, holder.id)
  from runs holder join jobs holder_job on holder_job.id = holder.job_id
  where holder.host_id = hosts.id and holder.id <> runs.id
    and holder.id in (select jsonb_array_elements_text(hosts.slot_runs))) end`;

/** What is asked about runs and their timelines. What changes them is in `run-store.ts`. */
export function createRunReads(db: Db) {
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
      .select(['hosts.drained_at', 'hosts.drained_by', 'hosts.drain_note', 'hosts.told_drained_at'])
      .select(['hosts.slots as host_slots', slotHoldersOfHost.as('slot_holders')])
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

  return {
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

    async listRuns({ jobId, hostId, status, ...page }: RunQuery) {
      let query = withNames();
      if (jobId) query = query.where('runs.job_id', '=', jobId);
      if (hostId) query = query.where('runs.host_id', '=', hostId);
      if (status) query = query.where('runs.status', '=', status);
      return await pageByTime(query, page, { of: 'runs', by: 'queued_at', to: toRun });
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

    /** How its host reported the end of its container, if it did. */
    async findReportedEnd(runId: RunId): Promise<ContainerEnd | null> {
      const row = await db.selectFrom('runs').select('reported_end').where('id', '=', runId).executeTakeFirst();
      return row?.reported_end ?? null;
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
