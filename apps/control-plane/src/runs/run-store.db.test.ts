import { setTimeout as delay } from 'node:timers/promises';
import type { RunExit } from '@bigeye/contracts';
import { expect, test } from 'vitest';
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

describeEachDatabase('run store', (open) => {
  test('of many starts at once exactly one gets the run, the others are told which it is', async () => {
    const database = open();
    const runs = createRunStore(database.db, database.changes);
    const job = await insertJob(database);
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => runs.insertRun(job, 'me')));
    const started = attempts.filter((a) => a.status === 'fulfilled');
    expect(started).toHaveLength(1);
    for (const refused of attempts.filter((a) => a.status === 'rejected'))
      expect(refused.reason).toMatchObject({ code: 'JOB_HAS_ACTIVE_RUN', details: { runId: started[0]?.value } });
  });

  test('a status once final stays, whatever is recorded later', async () => {
    const database = open();
    const runs = createRunStore(database.db, database.changes);
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
    const runs = createRunStore(database.db, database.changes);
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
    const runs = createRunStore(database.db, database.changes);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await Promise.all(['me', 'you', 'we', 'they'].map((name) => runs.requestCancel(runId, name)));
    expect((await runs.listTimeline(runId)).filter((e) => e.kind === 'cancel_requested')).toHaveLength(1);
  });

  test('pages of runs hold each run once, newest first', async () => {
    const database = open();
    const runs = createRunStore(database.db, database.changes);
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
    const runs = createRunStore(database.db, database.changes);
    const jobs = createJobStore(database.db);
    const job = await insertJob(database);
    const runId = await runs.insertRun(job, 'me');
    expect(await jobs.deleteJob(job.id)).toBe(false);
    await runs.recordStatus({ runId, status: 'succeeded', exit, failure: null });
    expect(await jobs.deleteJob(job.id)).toBe(true);
    await expect(runs.getRun(runId)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  test('whoever listens hears of each change', async () => {
    const database = open();
    const runs = createRunStore(database.db, database.changes);
    const heard: string[] = [];
    using _ = database.changes.subscribe({ onChange: ({ what }) => heard.push(what), onGap: () => undefined });
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await runs.recordStatus({ runId, status: 'running', startedAt: exit.startedAt });
    await expect.poll(() => heard).toContain('run');
    expect(heard).toContain('timeline');
  });
});
