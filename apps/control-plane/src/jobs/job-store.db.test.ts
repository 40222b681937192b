import type { RunStatus } from '@bigeye/contracts';
import { createRunId } from '@bigeye/service-kit';
import { expect, test } from 'vitest';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createJobStore } from './job-store.ts';

describeEachDatabase('lists of jobs', (open) => {
  async function addRun(jobId: Awaited<ReturnType<typeof insertJob>>['id'], status: RunStatus, minutesAgo: number) {
    const values = {
      id: createRunId(),
      job_id: jobId,
      host_id: 'etl-01' as never,
      agent_type: 'LINEAGE_PLUS' as const,
      parameters: '{}',
      settings: '{}',
      status,
      requested_by: 'x',
      queued_at: new Date(Date.now() - minutesAgo * 60_000),
    };
    await open().db.insertInto('runs').values(values).execute();
  }

  test('a job is found by a part of its name, in any case', async () => {
    for (const name of ['Nightly Lineage', 'nightly counts', '100 % of all']) await insertJob(open(), name);
    const found = async (search: string) =>
      (await createJobStore(open().db).listJobs({ search, limit: 10 })).items.map(({ name }) => name);
    expect(await found('NIGHTLY')).toEqual(['nightly counts', 'Nightly Lineage']);
    expect(await found('%')).toEqual(['100 % of all']);
    expect(await found('weekly')).toEqual([]);
  });

  test('the summary counts jobs by their last run, and names some that failed', async () => {
    const jobs = [];
    for (let n = 0; n < 8; n++) jobs.push(await insertJob(open(), `job ${n}`));
    const [mended, broken, timedOut, active, waiting, ...others] = jobs.map(({ id }) => id);
    for (const [id, before, last] of [
      [mended, 'failed', 'succeeded'],
      [broken, 'succeeded', 'failed'],
      [timedOut, 'succeeded', 'timed_out'],
      [active, 'failed', 'running'],
      [waiting, 'failed', 'queued'],
    ] as const) {
      if (!id) throw new Error('no job');
      await addRun(id, before, 2);
      await addRun(id, last, 1);
    }
    const store = createJobStore(open().db);
    expect(await store.summarizeJobs()).toEqual({
      jobs: 8,
      active: 2,
      failed: { count: 2, first: ['job 2', 'job 1'] },
    });
    for (const id of others) await addRun(id, 'failed', 1);
    expect((await store.summarizeJobs()).failed).toEqual({ count: 5, first: ['job 7', 'job 6', 'job 5'] });
  });
});
