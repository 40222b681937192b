import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostId, isActive, type RunId } from '@bigeye/contracts';
import { freePorts } from '@bigeye/testkit';
import { expect, test } from 'vitest';
import { type Programs, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';
import { startTestTemporal } from './support/test-temporal.ts';

/** What runs do while a part of the control plane is away, and afterwards. */

const expected = Array.from({ length: 20 }, (_, n) => `line ${n}`);
const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: 'done', counts: {} };
const programs: Programs = {
  talkative: (container) => {
    const left = [...expected];
    const timer = setInterval(() => {
      const next = left.shift();
      if (next !== undefined) return container.print(next);
      clearInterval(timer);
      container.print(JSON.stringify(result));
      container.exit(0);
    }, 100);
  },
};

async function startRun(stack: TestStack, hostId: HostId): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName: 'talkative' };
  const job = await stack.createJob({ hostId, parameters });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}

test('the database is killed while runs go on: each ends well, with its whole log', async () => {
  await using stack = await startTestStack();
  const host = await stack.registerHost('etl-01');
  await using _running = await startTestHost(stack, host, programs);
  const runIds = [await startRun(stack, host.id), await startRun(stack, host.id), await startRun(stack, host.id)];
  const read = (runId: RunId) => stack.admin.call('getRun', { params: { runId } });
  for (const runId of runIds) await expect.poll(async () => (await read(runId)).logLines).toBeGreaterThan(0);
  const postmasterPid = () => Number.parseInt(readFileSync(join(stack.dataDir, 'database/postmaster.pid'), 'utf8'), 10);
  const killed = postmasterPid();
  process.kill(killed, 'SIGKILL');
  for (const runId of runIds) {
    // The API may say for a moment that something went wrong.
    const isOver = async () => !isActive((await read(runId).catch(() => ({ status: 'running' as const }))).status);
    await expect.poll(isOver, { timeout: 60_000 }).toBe(true);
    expect(await read(runId)).toMatchObject({ status: 'succeeded' });
    const log = await stack.admin.call('getRunLog', { params: { runId } });
    expect(log).toMatchObject({ complete: true });
    expect(log.lines.map(({ text }) => text)).toEqual([...expected, JSON.stringify(result)]);
  }
  expect(postmasterPid()).not.toBe(killed);
});

test('runs that were started while Temporal is away queue up, and are carried out when it comes', async () => {
  const [port = 0] = await freePorts(1);
  await using temporal = new AsyncDisposableStack();
  await using stack = await startTestStack({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  const readiness = async () => await (await fetch(`${stack.apiUrl}/readyz`)).json();
  const host = await stack.registerHost('etl-01');
  await using _running = await startTestHost(stack, host, programs);
  const runId = await startRun(stack, host.id);
  expect(await readiness()).toMatchObject({ status: 'not ready', database: true, temporal: false });
  expect(await stack.admin.call('getRun', { params: { runId } })).toMatchObject({ status: 'queued', startedAt: null });
  temporal.use(await startTestTemporal({ port }));
  expect(await stack.finished(runId)).toMatchObject({ status: 'succeeded' });
  expect(await readiness()).toMatchObject({ status: 'ready', temporal: true });
});
