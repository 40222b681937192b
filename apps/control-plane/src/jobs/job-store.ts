import {
  AppError,
  activeRunStatuses,
  type HostId,
  type Job,
  type JobId,
  type JobInput,
  type JobSummary,
  matches,
} from '@bigeye/contracts';
import { createJobId } from '@bigeye/service-kit';
import { sql } from 'kysely';
import type { z } from 'zod';
import { containing } from '../db/containing.ts';
import { type PageQuery, pageByCreation } from '../db/paging.ts';
import type { Db } from '../db/tables.ts';
import { isUniqueViolation } from '../db/unique-violation.ts';

export type JobStore = ReturnType<typeof createJobStore>;
type JobValues = z.output<typeof JobInput>;

/** `ifMatch`: what the one who changes it has read, as the header of that name. */
export interface JobEdit {
  changedBy: string;
  ifMatch?: string | undefined;
}

const namedInSummary = 3;

/** The only SQL about jobs. */
export function createJobStore(db: Db) {
  const selectJobs = () =>
    db
      .selectFrom('jobs')
      .selectAll()
      .select(
        sql<Job['lastRun']>`(select json_build_object('id', r.id, 'status', r.status, 'queuedAt', r.queued_at,
          'finishedAt', r.finished_at) from runs r where r.job_id = jobs.id order by r.queued_at desc limit 1)`.as(
          'last_run',
        ),
      );

  const store = {
    /** Newest first. `search`: a part of the name. */
    async listJobs({ search, ...page }: PageQuery & { search?: string | undefined }) {
      const jobs = search ? selectJobs().where(sql<boolean>`lower(name) like ${containing(search)}`) : selectJobs();
      return await pageByCreation(jobs, page, { of: 'jobs', to: toJob });
    },

    async summarizeJobs(): Promise<JobSummary> {
      const { rows } = await sql<{ jobs: number; active: number; failed: number; first: string[] }>`
        with known as (
          select jobs.name, jobs.created_at, jobs.id, last.status from jobs left join lateral (
            select status from runs where job_id = jobs.id order by queued_at desc, id desc limit 1) as last on true),
        failed as (select * from known where status in ('failed', 'timed_out'))
        select (select count(*)::int from known) as jobs,
          (select count(*)::int from known where status in ('queued', 'running')) as active,
          (select count(*)::int from failed) as failed,
          array(select name from failed order by created_at desc, id desc limit ${namedInSummary}) as first`.execute(
        db,
      );
      const { jobs = 0, active = 0, failed = 0, first = [] } = rows[0] ?? {};
      return { jobs, active, failed: { count: failed, first } };
    },

    /** Throws JOB_NOT_FOUND. */
    async getJob(jobId: JobId): Promise<Job> {
      const row = await selectJobs().where('id', '=', jobId).executeTakeFirst();
      if (!row) throw new AppError('JOB_NOT_FOUND', { jobId });
      return toJob(row);
    },

    /** Throws JOB_NAME_TAKEN. */
    async insertJob(input: JobValues, createdBy: string): Promise<JobId> {
      const id = createJobId();
      await orNameTaken(input.name, () =>
        db
          .insertInto('jobs')
          .values({ id, ...columnsOf(input), created_by: createdBy, created_at: new Date() })
          .execute(),
      );
      return id;
    },

    /**
     * With `ifMatch`, only where that is the job's version still: throws JOB_CHANGED, and JOB_NOT_FOUND, JOB_NAME_TAKEN.
     */
    async updateJob(jobId: JobId, input: JobValues, { changedBy, ifMatch }: JobEdit): Promise<void> {
      await orNameTaken(input.name, () =>
        db.transaction().execute(async (tx) => {
          const before = await tx
            .selectFrom('jobs')
            .select(['version', 'created_by', 'created_at', 'changed_by', 'changed_at'])
            .where('id', '=', jobId)
            .forNoKeyUpdate()
            .executeTakeFirst();
          if (!before) throw new AppError('JOB_NOT_FOUND', { jobId });
          if (ifMatch !== undefined && !matches(ifMatch, before.version))
            throw new AppError('JOB_CHANGED', { jobId, ...versionOf(before) });
          await tx
            .updateTable('jobs')
            .set({ ...columnsOf(input), version: before.version + 1, changed_by: changedBy, changed_at: new Date() })
            .where('id', '=', jobId)
            .execute();
        }),
      );
    },

    /**
     * Deletes the job with its finished runs. Throws JOB_NOT_FOUND, and JOB_HAS_ACTIVE_RUN. It holds the job before it looks, so
     * that a run that is started meanwhile is seen, or finds no job.
     */
    async deleteJob(jobId: JobId): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const job = await tx.selectFrom('jobs').select('id').where('id', '=', jobId).forUpdate().executeTakeFirst();
        if (!job) throw new AppError('JOB_NOT_FOUND', { jobId });
        const active = await tx
          .selectFrom('runs')
          .select('id')
          .where('job_id', '=', jobId)
          .where('status', 'in', activeRunStatuses)
          .executeTakeFirst();
        if (active) throw new AppError('JOB_HAS_ACTIVE_RUN', { jobId, runId: active.id });
        await tx.deleteFrom('jobs').where('id', '=', jobId).execute();
      });
    },
  };
  return store;
}

function columnsOf({ name, hostId, agentType, parameters, settings }: JobValues) {
  return {
    name,
    host_id: hostId,
    agent_type: agentType,
    parameters: JSON.stringify(parameters),
    settings: JSON.stringify(settings),
  };
}

async function orNameTaken(name: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw isUniqueViolation(error, 'jobs_name_unique')
      ? new AppError('JOB_NAME_TAKEN', { name }, { cause: error })
      : error;
  }
}

type JobRow = {
  id: JobId;
  name: string;
  host_id: HostId;
  agent_type: Job['agentType'];
  parameters: Job['parameters'];
  settings: Job['settings'];
  created_by: string;
  created_at: Date;
  version: number;
  changed_by: string | null;
  changed_at: Date | null;
  last_run: Job['lastRun'];
};

const versionOf = (
  row: Pick<JobRow, 'version' | 'created_by' | 'created_at' | 'changed_by' | 'changed_at'>,
): Pick<Job, 'version' | 'changedBy' | 'changedAt'> => ({
  version: row.version,
  changedBy: row.changed_by ?? row.created_by,
  changedAt: (row.changed_at ?? row.created_at).toISOString(),
});

function toJob(row: JobRow): Job {
  const { last_run: last } = row;
  return {
    id: row.id,
    name: row.name,
    hostId: row.host_id,
    agentType: row.agent_type,
    parameters: row.parameters,
    settings: row.settings,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    ...versionOf(row),
    // JSON made by the database spells times its own way.
    lastRun: last && {
      ...last,
      queuedAt: new Date(last.queuedAt).toISOString(),
      finishedAt: last.finishedAt && new Date(last.finishedAt).toISOString(),
    },
  };
}
