import type { Run, RunId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** More runs than a host takes at once: real control plane, Temporal, gateway and orchestrator; only the engine is a fake. */

let stack: TestStack;
let host: TestHost;
let running: RunningHost;

beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('etl-01');
  const endless = { endless: () => {} };
  running = await startTestHost(stack, host, endless, { slotCount: 2 });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(name: string): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName: 'endless' };
  const job = await stack.createJob({ name, hostId: host.id, parameters, settings: { cancelGraceSeconds: 0 } });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}
const runThat = (runId: RunId, isSo: (found: Run) => boolean) =>
  until(
    async () => {
      const found = await stack.admin.call('getRun', { params: { runId } });
      return isSo(found) && found;
    },
    { timeoutMs: 30_000 },
  );

test('a run that waits for a slot says who has them, by job and since when, and goes on when one is given back', async () => {
  const first = await start('nightly lineage');
  const { startedAt } = await runThat(first, ({ status }) => status === 'running');
  const second = await start('hourly lineage');
  await runThat(second, ({ status }) => status === 'running');
  const waiting = await start('one too many');
  const { waitingFor } = await runThat(waiting, (run) => run.waitingFor?.includes('slots are taken: ') === true);
  const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
  expect(waitingFor).toMatch(
    new RegExp(
      `^Host "etl-01", since ${time}: all 2 slots are taken: nightly lineage \\(${first}, since ${startedAt}\\), hourly lineage \\(${second}, since ${time}\\)\\.$`,
    ),
  );
  const { items } = await stack.admin.call('listHosts', { query: { hostId: host.id } });
  expect(items[0]?.slots).toEqual({ count: 2, taken: 2 });
  await stack.admin.call('cancelRun', { params: { runId: first } });
  await runThat(waiting, ({ status }) => status === 'running');
  for (const runId of [second, waiting]) await stack.admin.call('cancelRun', { params: { runId } });
  for (const runId of [second, waiting]) await stack.finished(runId);
}, 90_000);
