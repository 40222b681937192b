import { isActive, type JobId, type Run, type RunId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Member, startManyProcesses } from './support/many-processes.ts';
import { type RunningHost, startTestHost } from './support/test-host.ts';
import type { TestHost, TestStack } from './support/test-stack.ts';

/** Two API processes, two gateways and two workers on one PostgreSQL and one Temporal. */

let all: Awaited<ReturnType<typeof startManyProcesses>>;
let stack: TestStack;
let members: Member[];
let host: TestHost;
let running: RunningHost;
/** Of which run a container was started, each time one was. */
const containersOf: string[] = [];
const linesOfARun = 40;

beforeAll(async () => {
  all = await startManyProcesses();
  ({ stack, members } = all);
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, {
    // Writes for two seconds, so that whatever dies dies in the middle of it.
    work: (container) => {
      containersOf.push(container.spec.runId);
      let line = 0;
      const timer = setInterval(() => {
        container.print(`line ${++line}`);
        if (line < linesOfARun) return;
        clearInterval(timer);
        container.exit(0);
      }, 50);
    },
  });
}, 240_000);
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await all?.[Symbol.asyncDispose]();
}, 60_000);

const createJobs = async (count: number): Promise<JobId[]> => {
  const parameters = { connectors: ['postgres'], connectionName: 'work' };
  const jobs = [];
  for (let n = 0; n < count; n++) jobs.push((await stack.createJob({ hostId: host.id, parameters })).id);
  return jobs;
};
async function textOfLog(runId: RunId): Promise<string[]> {
  const { lines } = await stack.admin.call('getRunLog', { params: { runId }, query: { after: 0, limit: 1000 } });
  return lines.map((line) => line.text);
}

test('a page that is open at one process sees what a host reports to another', async () => {
  const [jobId] = await createJobs(1);
  if (!jobId) throw new Error('no job');
  const run = await stack.admin.call('startRun', { params: { jobId } });
  const pages = await Promise.all(
    members
      .filter((member) => member.kind === 'api')
      .map(async ({ running: { apiUrl } }) => {
        const reply = await fetch(`${apiUrl}/api/v1/agent-orchestrator/runs/${run.id}/events`, {
          headers: { authorization: `apikey ${stack.adminKey}` },
        });
        let text = '';
        for await (const part of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          text += part;
          if (text.includes('"status":"succeeded"')) break;
        }
        return text;
      }),
  );
  expect(pages).toHaveLength(2);
  for (const text of pages) expect(text).toContain('"status":"running"');
});

test('runs go on while any process is killed, ended in order and started again: nothing lost, nothing doubled', async () => {
  const jobs = await createJobs(6);
  const started: RunId[] = [];
  let ending = false;
  const starting = jobs.map(async (jobId) => {
    while (!ending) {
      const run: Run | undefined = await stack.admin.call('startRun', { params: { jobId } }).catch(() => undefined);
      if (run) started.push(run.id);
      await until(
        async () => {
          const { items } = await stack.admin
            .call('listRuns', { query: { jobId, limit: 1 } })
            .catch(() => ({ items: undefined }));
          return items !== undefined && (ending || !items.some(({ status }) => isActive(status)));
        },
        { timeoutMs: 60_000 },
      );
    }
  });
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    for (const member of members) await member.restart(signal);
  }
  ending = true;
  await Promise.all(starting);

  const { items: runs } = await stack.admin.call('listRuns', { query: { limit: 200 } });
  const ours = runs.filter((run) => jobs.includes(run.jobId));
  for (const run of ours) await stack.finished(run.id, 120_000);
  const ended = (await stack.admin.call('listRuns', { query: { limit: 200 } })).items.filter((run) =>
    jobs.includes(run.jobId),
  );
  // What was answered is there, and what is there came to its end.
  expect(ended.map((run) => run.id)).toEqual(expect.arrayContaining(started));
  expect(ended.filter((run) => run.status !== 'succeeded')).toEqual([]);
  expect(ended.length).toBeGreaterThan(jobs.length);
  // One container a run, and each of its lines once and in order.
  const ids: string[] = ended.map((run) => run.id);
  expect(containersOf.filter((runId) => ids.includes(runId)).sort()).toEqual(ids.sort());
  const whole = Array.from({ length: linesOfARun }, (_, n) => `line ${n + 1}`);
  for (const run of ended) expect([run.id, await textOfLog(run.id)]).toEqual([run.id, whole]);
}, 420_000);
