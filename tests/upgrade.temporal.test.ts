import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunId } from '@bigeye/contracts';
import { type FakeContainer, freePorts, until } from '@bigeye/testkit';
import { expect, test } from 'vitest';
import { bundleWorkflows } from '../apps/control-plane/src/temporal/bundle-workflows.ts';
import { startTestHost } from './support/test-host.ts';
import { createClients, startTestStack, type TestStack } from './support/test-stack.ts';
import { startTestTemporal } from './support/test-temporal.ts';

const result = JSON.stringify({ type: 'result', outcome: 'succeeded', exitCode: 0, message: 'done', counts: {} });

/**
 * Twenty runs go on while the control plane is upgraded; then ten of them, and ten that the newer version began, while it
 * is taken back. What the older version cannot replay is started anew, and its host takes up what it has of the run.
 */
test('an upgrade forwards and backwards under running work loses no run and starts none twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'upgrade-'));
  await using left = new AsyncDisposableStack();
  left.defer(() => rmSync(folder, { recursive: true, force: true }));
  const bundles = { now: join(folder, 'now.js'), next: join(folder, 'next.js') };
  writeFileSync(bundles.now, await bundleWorkflows());
  writeFileSync(bundles.next, await bundleWorkflows(join(import.meta.dirname, 'support/next-workflows/run-job.ts')));
  const [api, gateway, hostApi] = await freePorts(3);
  const temporal = left.use(await startTestTemporal());
  const settings = {
    DATA_DIR: join(folder, 'control-plane'),
    TEMPORAL_ADDRESS: temporal.address,
    API_LISTEN: `127.0.0.1:${api}`,
    GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
    HOST_API_LISTEN: `127.0.0.1:${hostApi}`,
  };
  const of = (version: keyof typeof bundles) =>
    startTestStack({ ...settings, WORKFLOW_BUNDLE: bundles[version], LOG_LEVEL: 'error' });

  let stack = await of('now');
  left.defer(() => stack[Symbol.asyncDispose]());
  const at = { apiUrl: `http://127.0.0.1:${api}`, hostApiUrl: `https://127.0.0.1:${hostApi}` };
  const clients = left.use(createClients(at, stack.adminKey));
  const containers: FakeContainer[] = [];
  const host = await clients.registerHost('etl-01');
  const running = left.use(
    await startTestHost(
      { ...at, gatewayAddress: settings.GATEWAY_LISTEN, admin: clients.admin },
      host,
      {
        shop: (container) => {
          container.print('begun');
          containers.push(container);
        },
      },
      { slotCount: 40 },
    ),
  );
  const begin = async (): Promise<RunId> => {
    const { id: jobId } = await clients.createJob({ hostId: host.id });
    const { id } = await clients.admin.call('startRun', { params: { jobId } });
    await until(async () => (await clients.admin.call('getRun', { params: { runId: id } })).status === 'running', {
      timeoutMs: 60_000,
    });
    return id;
  };
  const beginAll = (count: number) => Promise.all(Array.from({ length: count }, begin));
  const succeeds = async (runId: RunId) => {
    const container = containers.find(({ spec }) => spec.runId === runId);
    container?.print(result);
    container?.exit(0);
    expect(await clients.finished(runId, 300_000)).toMatchObject({ status: 'succeeded', exitCode: 0 });
    const { lines } = await clients.admin.call('getRunLog', { params: { runId } });
    expect(lines.map(({ text }) => text)).toEqual(['begun', result]);
  };
  const replaceBy = async (version: keyof typeof bundles): Promise<TestStack> => {
    await stack[Symbol.asyncDispose]();
    return await of(version);
  };

  const older = await beginAll(20);
  stack = await replaceBy('next');
  await Promise.all(older.slice(0, 10).map(succeeds));
  const newer = await beginAll(10);
  stack = await replaceBy('now');
  await Promise.all([...older.slice(10), ...newer].map(succeeds));
  const starts = running.engine.calls.filter((call) => call.startsWith('start '));
  expect(new Set(starts).size).toBe(30);
  expect(starts).toHaveLength(30);
}, 600_000);
