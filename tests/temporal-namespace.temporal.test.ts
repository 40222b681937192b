import { afterAll, beforeAll, expect, test } from 'vitest';
import { historyOf } from './support/temporal-history.ts';
import { type Programs, type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** The embedded server with a namespace of another name: the host is told of it, and its whole work goes on in it. */

const namespace = 'agents.of-europe';
const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: '3 tables', counts: { tables: 3 } };
const programs: Programs = {
  good: (container) => {
    container.print(JSON.stringify(result));
    container.exit(0);
  },
  endless: (container) => {
    container.print('going on');
    container.onTerminate = () => container.exit(143);
  },
};

let stack: TestStack;
let host: TestHost;
let running: RunningHost;

beforeAll(async () => {
  stack = await startTestStack({ TEMPORAL_NAMESPACE: namespace });
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, programs);
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(connectionName: string) {
  const parameters = { connectors: ['postgres'], connectionName };
  const job = await stack.createJob({ hostId: host.id, parameters });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}

test('a host is told the namespace whenever it asks', async () => {
  expect(await host.api.call('getOwnHost', {})).toMatchObject({ temporalNamespace: namespace });
});

test('a run goes through, and its workflow is in that namespace', async () => {
  const runId = await start('good');
  expect(await stack.finished(runId)).toMatchObject({ status: 'succeeded', outcome: { message: '3 tables' } });
  expect(await historyOf(stack, runId)).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
});

test('a cancel reaches the host by the control queue of that namespace', async () => {
  const runId = await start('endless');
  const lines = async () => (await stack.admin.call('getRun', { params: { runId } })).logLines;
  await expect.poll(lines).toBe(1);
  await stack.admin.call('cancelRun', { params: { runId } });
  expect(await stack.finished(runId)).toMatchObject({ status: 'canceled', exitCode: 143 });
});
