import type { RunId } from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyOf } from './support/temporal-history.ts';
import { type Programs, type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** The whole path in one process: real control plane, Temporal, gateway and orchestrator; only the engine is a fake. */

let stack: TestStack;
let host: TestHost;
let running: RunningHost;

const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: '3 tables', counts: { tables: 3 } };
const programs: Programs = {
  good: (container) => {
    container.print('reading');
    container.print('a warning', 'stderr');
    container.print(JSON.stringify(result));
    container.exit(0);
  },
  greedy: (container) => container.exit(137, { outOfMemory: true }),
  refused: (container) => {
    container.print(JSON.stringify({ ...result, outcome: 'failed', exitCode: 3, message: 'wrong password' }));
    container.exit(3);
  },
  endless: (container) => {
    container.print('going on');
    container.onTerminate = () => container.exit(143);
  },
};

beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, programs);
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(connectionName: string): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName };
  const job = await stack.createJob({ hostId: host.id, parameters, settings: { cancelGraceSeconds: 1 } });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}

test('a run succeeds, with its whole log, its outcome and every station of its life', async () => {
  const runId = await start('good');
  const run = await stack.finished(runId);
  expect(run).toMatchObject({
    status: 'succeeded',
    exitCode: 0,
    failure: null,
    waitingFor: null,
    outcome: { message: '3 tables', counts: { tables: 3 } },
  });
  const log = await stack.admin.call('getRunLog', { params: { runId } });
  expect(log.lines.map(({ number, stream, text }) => [number, stream, text])).toEqual([
    [1, 'stdout', 'reading'],
    [2, 'stderr', 'a warning'],
    [3, 'stdout', JSON.stringify(result)],
  ]);
  expect(log.complete).toBe(true);
  const { events } = await stack.admin.call('getRunTimeline', { params: { runId } });
  const kinds = new Set(events.map((event) => event.kind));
  for (const kind of [
    'queued',
    'offered',
    'accepted',
    'created',
    'started',
    'first_log',
    'exited',
    'reported',
    'finished',
  ])
    expect(kinds).toContain(kind);
});

test('a program follows what happens to runs from a place that it keeps, and counts of a day hold each run once', async () => {
  const { admin } = stack;
  const countsOf = async () => {
    const { counts } = await admin.call('countRuns');
    return (status: string) => counts.find((one) => one.status === status)?.runs ?? 0;
  };
  const { newest: after } = await admin.call('listRunEvents', { query: { limit: 1 } });
  const runId = await start('good');
  await stack.finished(runId);
  const { events, nextAfter, newest } = await admin.call('listRunEvents', { query: { after } });
  expect(events.map((event) => [event.runId, event.kind, event.status])).toEqual([
    [runId, 'queued', 'queued'],
    [runId, 'offered', 'queued'],
    [runId, 'running', 'running'],
    [runId, 'finished', 'succeeded'],
  ]);
  expect(nextAfter).toBe(newest);
  expect(await admin.call('listRunEvents', { query: { after: nextAfter } })).toMatchObject({ events: [], nextAfter });
  const { events: all } = await admin.call('listRunEvents', { query: { limit: 1000 } });
  const told = (status: string) =>
    all.filter((event) =>
      status === 'queued' ? event.kind === status : event.kind === 'finished' && event.status === status,
    );
  await expect.poll(async () => (await countsOf())('succeeded'), { timeout: 15_000 }).toBe(told('succeeded').length);
  expect((await countsOf())('queued')).toBe(told('queued').length);
});

test.each([
  ['greedy', 'OUT_OF_MEMORY', 'needed more than its limit of 512 MiB'],
  ['refused', 'CREDENTIALS_REFUSED', 'wrong password'],
])('a run that fails (%s) says %s and what happened', async (connection, code, words) => {
  const run = await stack.finished(await start(connection));
  expect(run).toMatchObject({ status: 'failed', failure: { code, message: expect.stringContaining(words) } });
});

test('a cancel stops the agent and ends the run as canceled', async () => {
  const runId = await start('endless');
  await expect
    .poll(async () => (await stack.admin.call('getRun', { params: { runId } })).logLines, { timeout: 15_000 })
    .toBe(1);
  await stack.admin.call('cancelRun', { params: { runId } });
  expect(await stack.finished(runId)).toMatchObject({ status: 'canceled', exitCode: 143 });
});

test('a run that no host has picked up yet is canceled', async () => {
  const away = await stack.registerHost('away-01');
  const job = await stack.createJob({ hostId: away.id });
  const { id: runId } = await stack.admin.call('startRun', { params: { jobId: job.id } });
  await expect.poll(() => historyOf(stack, runId)).toContain('EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
  await stack.admin.call('cancelRun', { params: { runId } });
  expect(await stack.finished(runId)).toMatchObject({ status: 'canceled', startedAt: null });
});

test('a second start of a job with an active run is refused and names the run', async () => {
  const runId = await start('endless');
  const { jobId } = await stack.admin.call('getRun', { params: { runId } });
  await expect(stack.admin.call('startRun', { params: { jobId } })).rejects.toMatchObject({
    code: 'JOB_HAS_ACTIVE_RUN',
    details: { runId },
  });
  await stack.admin.call('cancelRun', { params: { runId } });
  await stack.finished(runId);
});

test('the page of a run hears of each change while it happens', async () => {
  const runId = await start('endless');
  const controller = new AbortController();
  const reply = await fetch(`${stack.apiUrl}/api/v1/agent-orchestrator/runs/${runId}/events`, {
    headers: { authorization: `apikey ${stack.adminKey}` },
    signal: controller.signal,
  });
  let heard = '';
  const listening = (async () => {
    for await (const bytes of reply.body ?? []) heard += Buffer.from(bytes).toString();
  })().catch(() => undefined);
  await expect.poll(() => heard, { timeout: 15_000 }).toContain('"status":"running"');
  await expect.poll(() => heard, { timeout: 15_000 }).toContain('event: log\ndata: {"lines":1}');
  await stack.admin.call('cancelRun', { params: { runId } });
  await expect.poll(() => heard, { timeout: 15_000 }).toContain('"status":"canceled"');
  controller.abort();
  await listening;
});
