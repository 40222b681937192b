import { setTimeout as delay } from 'node:timers/promises';
import { containerNameOf, type Run, type RunId } from '@bigeye/contracts';
import type { ContainerRunner } from '@bigeye/host-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Programs, type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/**
 * A cancel in every window of a run's life, with a real control plane, Temporal, gateway and orchestrator; only the engine
 * is a fake, so that each of its calls can be held. A run is canceled only when no container of it runs any more.
 */

let stack: TestStack;
let host: TestHost;
let running: RunningHost;
/** The answer to this call of the engine is held back until `until`. */
let hold: { call: 'create' | 'start'; until: Promise<unknown> } | undefined;
let engineTakesMs = 0;

const programs: Programs = {
  endless: (container) => {
    container.print('going on');
    container.onTerminate = () => container.exit(143);
  },
};

/** Each of both takes its time, before it is done and before it is answered. */
function slow(engine: ContainerRunner): ContainerRunner {
  const slowed =
    <Given extends unknown[], Answer>(call: 'create' | 'start', act: (...given: Given) => Promise<Answer>) =>
    async (...given: Given): Promise<Answer> => {
      await delay(engineTakesMs);
      const answer = await act(...given);
      if (hold?.call === call) await hold.until;
      await delay(engineTakesMs);
      return answer;
    };
  return { ...engine, create: slowed('create', engine.create), start: slowed('start', engine.start) };
}

beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, programs, { engineOf: slow });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(settings: { startTimeoutSeconds?: number } = {}): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName: 'endless' };
  const job = await stack.createJob({ hostId: host.id, parameters, settings: { cancelGraceSeconds: 2, ...settings } });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}

const runOf = (runId: RunId): Promise<Run> => stack.admin.call('getRun', { params: { runId } });
const cancel = (runId: RunId) => stack.admin.call('cancelRun', { params: { runId } });
const logOf = async (runId: RunId) =>
  (await stack.admin.call('getRunLog', { params: { runId } })).lines.map(({ text }) => text);
const phaseOf = (runId: RunId) => running.engine.containers.get(containerNameOf(runId))?.state.phase;
const didStart = (runId: RunId) => running.engine.calls.includes(`start ${containerNameOf(runId)}`);
/** Until the engine was asked to, which it may not have answered yet. */
const untilEngine = (what: 'create' | 'start', runId: RunId) =>
  expect.poll(() => running.engine.calls).toContain(`${what} ${containerNameOf(runId)}`);

test('canceled at any moment of its start: nothing of it runs on, and what started is told with exit and log', async () => {
  engineTakesMs = 20;
  const begun: RunId[] = [];
  const canceling: Promise<unknown>[] = [];
  for (let afterMs = 0; afterMs < 300; afterMs += 7) {
    const runId = await start();
    begun.push(runId);
    canceling.push(delay(afterMs).then(() => cancel(runId)));
  }
  await Promise.all(canceling);
  let started = 0;
  for (const runId of begun) {
    const run = await stack.finished(runId);
    expect(run.status).toBe('canceled');
    // At the very moment at which the run is told to be over.
    expect(phaseOf(runId)).not.toBe('running');
    expect([runId, run.startedAt !== null]).toEqual([runId, didStart(runId)]);
    if (run.startedAt === null) continue;
    started++;
    expect([runId, run.exitCode, await logOf(runId)]).toEqual([runId, 143, ['going on']]);
  }
  // Both kinds were met, or this has shown nothing.
  expect(started).toBeGreaterThan(0);
  expect(started).toBeLessThan(begun.length);
  engineTakesMs = 0;
});

test('canceled before its host was given it, a run is over at once, and to cancel twice is to cancel once', async () => {
  await running.stop();
  const runId = await start();
  expect((await runOf(runId)).status).toBe('queued');
  await Promise.all([cancel(runId), cancel(runId), cancel(runId)]);
  // Far below the heartbeats and timeouts by which an absence is noticed.
  const run = await stack.finished(runId, 5_000);
  expect(run).toMatchObject({ status: 'canceled', startedAt: null, failure: null });
  await expect(cancel(runId)).resolves.toMatchObject({ status: 'canceled' });
  const { events } = await stack.admin.call('getRunTimeline', { params: { runId } });
  expect(events.filter(({ kind }) => kind === 'cancel_requested')).toHaveLength(1);
  running.restart();
  const next = await start();
  await expect.poll(async () => (await runOf(next)).status, { timeout: 15_000 }).toBe('running');
  await cancel(next);
  await stack.finished(next);
  expect(didStart(runId)).toBe(false);
});

test('canceled while its host is away, a run goes on until the host says that it was stopped', async () => {
  const runId = await start();
  await expect.poll(async () => (await runOf(runId)).logLines, { timeout: 15_000 }).toBe(1);
  await running.stop();
  await cancel(runId);
  await expect
    .poll(async () => (await runOf(runId)).waitingFor, { timeout: 40_000 })
    .toMatch(/^Host "etl-01", last heard of at \S+; only it can say that the container stopped\.$/);
  expect(await runOf(runId)).toMatchObject({ status: 'running', cancelRequestedAt: expect.any(String) });
  expect(phaseOf(runId)).toBe('running');
  running.restart();
  expect(await stack.finished(runId)).toMatchObject({ status: 'canceled', exitCode: 143 });
});

test('canceled while its host is away, a run that had ended by itself meanwhile is told as it ended', async () => {
  const runId = await start();
  await expect.poll(async () => (await runOf(runId)).logLines, { timeout: 15_000 }).toBe(1);
  await running.stop();
  await cancel(runId);
  running.engine.containers.get(containerNameOf(runId))?.exit(0);
  running.restart();
  expect(await stack.finished(runId)).toMatchObject({ status: 'succeeded', exitCode: 0 });
});

test.each(['create', 'start'] as const)(
  'an orchestrator that ends while the engine answers its %s leaves nothing behind',
  async (call) => {
    const { promise, resolve: letGo } = Promise.withResolvers<void>();
    hold = { call, until: promise };
    const runId = await start();
    await untilEngine(call, runId);
    const stopping = running.stop();
    await cancel(runId);
    letGo();
    await stopping;
    // A start that was answered in time is known already; no end is.
    expect(['queued', 'running']).toContain((await runOf(runId)).status);
    running.restart();
    const run = await stack.finished(runId);
    expect(run.status).toBe('canceled');
    expect(phaseOf(runId)).not.toBe('running');
    expect([run.startedAt !== null, run.exitCode]).toEqual(call === 'start' ? [true, 143] : [false, null]);
  },
);

test('a start that is not done in time fails with what its host waited for, and never comes later', async () => {
  running.engine.away = true;
  const runId = await start({ startTimeoutSeconds: 5 });
  await expect
    .poll(async () => (await runOf(runId)).waitingFor)
    .toMatch(
      /^Host "etl-01", since \S+: The Docker engine of host "etl-01" does not answer: the fake engine is away\.$/,
    );
  const run = await stack.finished(runId);
  expect(run).toMatchObject({ status: 'failed', failure: { code: 'ENGINE_AWAY' }, startedAt: null });
  running.engine.away = false;
  const next = await start();
  await expect.poll(async () => (await runOf(next)).status).toBe('running');
  await cancel(next);
  await stack.finished(next);
  expect(didStart(runId)).toBe(false);
});
