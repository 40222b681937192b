import { setTimeout as delay } from 'node:timers/promises';
import type { RunExit } from '@bigeye/contracts';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Db } from '../db/tables.ts';
import { createJobStore } from '../jobs/job-store.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';
import { createRunStore } from './run-store.ts';

const exit: RunExit = {
  exitCode: 0,
  outOfMemory: false,
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: '2026-01-01T00:00:09.000Z',
};

async function waitingForLocks(db: Db): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows[0]?.waiting ?? 0;
}

describeEachDatabase('run store', (open) => {
  test('of many starts at once exactly one gets the run, the others are told which it is', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const job = await insertJob(database);
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => runs.insertRun(job, 'me')));
    const started = attempts.filter((a) => a.status === 'fulfilled');
    expect(started).toHaveLength(1);
    for (const refused of attempts.filter((a) => a.status === 'rejected'))
      expect(refused.reason).toMatchObject({ code: 'JOB_HAS_ACTIVE_RUN', details: { runId: started[0]?.value } });
  });

  test('a status once final stays, whatever is recorded later', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await runs.recordStatus({ runId, status: 'running', startedAt: exit.startedAt });
    await runs.recordStatus({ runId, status: 'succeeded', exit, failure: null });
    await runs.recordStatus({ runId, status: 'failed', exit: null, failure: { code: 'HOST_LOST', details: {} } });
    await runs.recordStatus({ runId, status: 'running', startedAt: exit.startedAt });
    expect(await runs.getRun(runId)).toMatchObject({
      status: 'succeeded',
      failure: null,
      exitCode: 0,
      startedAt: exit.startedAt,
      finishedAt: exit.finishedAt,
    });
    expect((await runs.listTimeline(runId)).map((e) => e.kind)).toEqual(['queued', 'finished']);
  });

  test('a failed run says what happened and what to do, with the words of the agent', async () => {
    const database = open();
    const { runs, reports } = openRunStores(database);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await reports.recordOutcome(
      runId,
      { ...exit, exitCode: 3, stopped: null },
      { message: 'password refused for bigeye', counts: {} },
    );
    const failure = { code: 'CREDENTIALS_REFUSED', details: { exitCode: 3 } } as const;
    await runs.recordStatus({ runId, status: 'failed', exit: { ...exit, exitCode: 3 }, failure });
    expect((await runs.getRun(runId)).failure).toEqual({
      code: 'CREDENTIALS_REFUSED',
      message: 'The source refused the credentials: password refused for bigeye.',
      remedy: expect.stringContaining('bigeye_agent.yml'),
    });
  });

  test('cancel is asked once, repeats do nothing, and a finished run refuses it', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await runs.requestCancel(runId, 'me');
    await runs.requestCancel(runId, 'you');
    expect((await runs.listTimeline(runId)).filter((e) => e.kind === 'cancel_requested')).toHaveLength(1);
    await runs.recordStatus({ runId, status: 'canceled', exit: null, failure: null });
    const other = await runs.insertRun(await insertJob(database, 'another'), 'me');
    await runs.recordStatus({ runId: other, status: 'succeeded', exit, failure: null });
    await expect(runs.requestCancel(other, 'me')).rejects.toMatchObject({ code: 'RUN_NOT_ACTIVE' });
  });

  test('of two who ask for a cancel at the same time, neither is refused', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await Promise.all(['me', 'you', 'we', 'they'].map((name) => runs.requestCancel(runId, name)));
    expect((await runs.listTimeline(runId)).filter((e) => e.kind === 'cancel_requested')).toHaveLength(1);
  });

  test('pages of runs hold each run once, newest first', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const job = await insertJob(database);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const runId = await runs.insertRun(job, 'me');
      await runs.recordStatus({ runId, status: 'succeeded', exit, failure: null });
      ids.unshift(runId);
      await delay(2);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await runs.listRuns({ limit: 2, cursor });
      seen.push(...page.items.map((run) => run.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual(ids);
  });

  test('a job is deleted with its finished runs, but not while one is active', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const jobs = createJobStore(database.db);
    const job = await insertJob(database);
    const runId = await runs.insertRun(job, 'me');
    await expect(jobs.deleteJob(job.id)).rejects.toMatchObject({ code: 'JOB_HAS_ACTIVE_RUN', details: { runId } });
    await runs.recordStatus({ runId, status: 'succeeded', exit, failure: null });
    await jobs.deleteJob(job.id);
    await expect(runs.getRun(runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(jobs.deleteJob(job.id)).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  test('a run that is being started is not deleted with its job', async () => {
    const { db, changes } = open();
    const job = await insertJob({ db, changes });
    const { promise: isStarted, resolve: started } = Promise.withResolvers<void>();
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const starting = db.transaction().execute(async (tx) => {
      const runId = await createRunStore(tx).insertRun(job, 'me');
      started();
      await mayCommit;
      return runId;
    });
    await isStarted;
    const refusal = createJobStore(db)
      .deleteJob(job.id)
      .catch((error: unknown) => error);
    await expect.poll(() => waitingForLocks(db)).toBe(1);
    commit();
    const runId = await starting;
    expect(await refusal).toMatchObject({ code: 'JOB_HAS_ACTIVE_RUN', details: { runId } });
    expect(await createRunStore(db).getRun(runId)).toMatchObject({ status: 'queued', jobId: job.id });
  });

  test('a start that comes while its job is being deleted is told that there is no job', async () => {
    const { db, changes } = open();
    const job = await insertJob({ db, changes });
    const { promise: isDeleted, resolve: deleted } = Promise.withResolvers<void>();
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const deleting = db.transaction().execute(async (tx) => {
      await tx.deleteFrom('jobs').where('id', '=', job.id).execute();
      deleted();
      await mayCommit;
    });
    await isDeleted;
    const starting = createRunStore(db).insertRun(job, 'me');
    await expect.poll(() => waitingForLocks(db)).toBe(1);
    commit();
    await expect(starting).rejects.toMatchObject({ code: 'JOB_NOT_FOUND', details: { jobId: job.id } });
    await deleting;
  });

  test('of a start and a delete at once, whichever comes first wins, and the other is told why not', async () => {
    const { db, changes } = open();
    const runs = createRunStore(db);
    const jobs = createJobStore(db);
    const winners = { start: 0, delete: 0 };
    for (let n = 0; n < 60; n++) {
      const job = await insertJob({ db, changes }, `job ${n}`);
      const later = Math.random() * 3;
      const [start, remove] = await Promise.allSettled([
        (n % 2 ? delay(later) : Promise.resolve()).then(() => runs.insertRun(job, 'me')),
        (n % 2 ? Promise.resolve() : delay(later)).then(() => jobs.deleteJob(job.id)),
      ]);
      if (start.status === 'fulfilled') {
        winners.start++;
        expect(remove).toMatchObject({ reason: { code: 'JOB_HAS_ACTIVE_RUN', details: { runId: start.value } } });
        expect(await runs.getRun(start.value)).toMatchObject({ status: 'queued', jobId: job.id });
      } else {
        winners.delete++;
        expect([start.reason.code, remove.status]).toEqual(['JOB_NOT_FOUND', 'fulfilled']);
      }
    }
    expect(Math.min(winners.start, winners.delete)).toBeGreaterThan(0);
  });

  test('of many who cancel at once one is the first, and none is told that the run is over', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    for (let n = 0; n < 5; n++) {
      const runId = await runs.insertRun(await insertJob(database, `job ${n}`), 'me');
      await Promise.all(Array.from({ length: 8 }, () => runs.requestCancel(runId, 'me')));
      expect((await runs.listTimeline(runId)).map(({ kind }) => kind)).toEqual(['queued', 'cancel_requested']);
    }
  });

  test('whoever listens hears of each change', async () => {
    const database = open();
    const runs = createRunStore(database.db);
    const heard: string[] = [];
    using _ = database.changes.subscribe({ onChange: ({ what }) => heard.push(what), onGap: () => undefined });
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await runs.recordStatus({ runId, status: 'running', startedAt: exit.startedAt });
    await expect.poll(() => heard).toContain('run');
    expect(heard).toContain('timeline');
  });
});
