import type { Host, Run, RunId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** A machine is taken down and comes back: real control plane, Temporal, gateway and orchestrator; only the engine is a fake. */

let stack: TestStack;
let host: TestHost;
let running: RunningHost;
const note = 'kernel update, back at 18:00';

beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, {
    good: (container) => container.exit(0),
    endless: (container) => {
      container.onTerminate = () => container.exit(143);
    },
  });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(connectionName: string, settings = {}): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName };
  const job = await stack.createJob({ hostId: host.id, parameters, settings: { cancelGraceSeconds: 1, ...settings } });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}
const params = () => ({ params: { hostId: host.id } });
const drain = () => stack.admin.call('drainHost', { ...params(), body: { note } });
const resume = () => stack.admin.call('resumeHost', params());
const hostThat = (isSo: (found: Host) => boolean) =>
  until(async () => {
    const found = await stack.admin.call('getHost', params());
    return isSo(found) && found;
  });
const runThat = (runId: RunId, isSo: (found: Run) => boolean) =>
  until(async () => {
    const found = await stack.admin.call('getRun', { params: { runId } });
    return isSo(found) && found;
  });

test('a drained host lets its runs end, starts none, fails what waits too long, and goes on when it is resumed', async () => {
  const under = await start('endless');
  await runThat(under, ({ status }) => status === 'running');
  await drain();
  await hostThat((found) => found.drain?.state === 'draining');

  const waiting = await start('good');
  const { waitingFor } = await runThat(waiting, (run) => run.waitingFor?.includes('drained') === true);
  expect(waitingFor).toMatch(/^Host "etl-01", drained since 20.*Z by .+: kernel update, back at 18:00\.$/);
  await until(async () => {
    const { events } = await stack.admin.call('getRunTimeline', { params: { runId: waiting } });
    return events.some(({ kind, detail }) => kind === 'waiting' && detail?.startsWith('HOST_DRAINED: '));
  });

  const impatient = await stack.finished(await start('good', { startTimeoutSeconds: 5 }));
  expect(impatient).toMatchObject({ status: 'failed', startedAt: null, failure: { code: 'HOST_DRAINED' } });
  expect(impatient.failure?.message).toContain(note.slice(0, 10));
  expect((await stack.admin.call('getRun', { params: { runId: under } })).status).toBe('running');

  await stack.admin.call('cancelRun', { params: { runId: under } });
  await stack.finished(under);
  expect(await hostThat((found) => found.drain?.state === 'drained')).toMatchObject({
    drain: { note },
    slots: { taken: 0 },
    runningRuns: 0,
    queuedRuns: 1,
  });
  await resume();
  expect(await stack.finished(waiting)).toMatchObject({ status: 'succeeded' });
}, 120_000);

test('a host that was drained while its orchestrator was down starts nothing when that is back', async () => {
  await running.stop();
  await drain();
  const waiting = await start('good');
  running.restart();
  await hostThat((found) => found.drain?.state === 'drained');
  await runThat(waiting, (run) => run.waitingFor?.startsWith('Host "etl-01", drained since') === true);
  const { events } = await stack.admin.call('getRunTimeline', { params: { runId: waiting } });
  expect(events.map(({ kind }) => kind)).not.toContain('started');
  await stack.admin.call('cancelRun', { params: { runId: waiting } });
  expect(await stack.finished(waiting)).toMatchObject({ status: 'canceled', startedAt: null });
  await resume();
}, 60_000);

test('who drained and resumed it, and with which note, is in the audit log; a member may not', async () => {
  const { items } = await stack.admin.call('listAuditEntries', { query: { action: 'drainHost' } });
  expect(items[0]).toMatchObject({ status: 200, details: { hostId: 'etl-01', note } });
  const { client } = await stack.createUser('member');
  await expect(client.call('drainHost', { ...params(), body: { note } })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(client.call('resumeHost', params())).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
