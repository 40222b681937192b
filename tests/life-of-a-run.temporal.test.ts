import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { images, type RunId } from '@bigeye/contracts';
import { hostFilesOf, hostHomeAt } from '@bigeye/host-kit';
import { runOrchestrator } from '@bigeye/orchestrator';
import { createLogger } from '@bigeye/service-kit';
import { createFakeContainerRunner, type FakeContainer } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** The whole path in one process: real control plane, Temporal, gateway and orchestrator; only the engine is a fake. */

let stack: TestStack;
let host: TestHost;
let stopHost: () => Promise<void>;

const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: '3 tables', counts: { tables: 3 } };
const programs: Record<string, (container: FakeContainer) => void> = {
  'run -c postgres -n good': (container) => {
    container.print('reading');
    container.print('a warning', 'stderr');
    container.print(JSON.stringify(result));
    setTimeout(() => container.exit(0), 50);
  },
  'run -c postgres -n greedy': (container) => container.exit(137, { outOfMemory: true }),
  'run -c postgres -n refused': (container) => {
    container.print(JSON.stringify({ ...result, outcome: 'failed', exitCode: 3, message: 'wrong password' }));
    container.exit(3);
  },
  'run -c postgres -n endless': (container) => {
    container.print('going on');
    container.onTerminate = () => container.exit(143);
  },
};

beforeAll(async () => {
  stack = await startTestStack();
  host = await stack.registerHost('etl-01');
  stopHost = startOrchestrator();
});
afterAll(async () => {
  await stopHost?.();
  await stack?.[Symbol.asyncDispose]();
});

/** The orchestrator of `host`, as the CLI would have set it up. */
function startOrchestrator(): () => Promise<void> {
  const home = hostHomeAt(mkdtempSync(join(tmpdir(), 'host-')));
  const files = hostFilesOf(home, host.id);
  mkdirSync(dirname(files.privateKey), { recursive: true });
  for (const folder of [home.runs, home.journal]) mkdirSync(folder);
  writeFileSync(files.privateKey, host.identity.privateKey);
  writeFileSync(files.certificate, host.identity.certificate);
  writeFileSync(files.caCertificate, host.identity.caCertificate);
  const connection = { host: 'db', database: 'shop', username: 'reader', password: 'hunter22' };
  const connections = ['good', 'greedy', 'refused', 'endless'].map((name) => ({ name, ...connection }));
  writeFileSync(
    home.agentFile,
    JSON.stringify({
      bigeye: { api_url: stack.apiUrl, agent_api_key: 'bigeye_agent_test' },
      orchestrator: { host_id: host.id, gateway_address: stack.gatewayAddress, host_api_url: stack.hostApiUrl },
      agents: { lineage_plus: {} },
      connectors: { postgres: connections },
    }),
  );
  const ending = new AbortController();
  const running = runOrchestrator({
    ...{ home, log: createLogger('orchestrator', 'silent'), shutdown: ending.signal, heartbeatEveryMs: 500 },
    engine: createFakeContainerRunner({ images: [images.lineagePlus], programs }),
    healthFile: join(home.folder, 'health'),
  });
  return async () => {
    ending.abort();
    await running;
    rmSync(home.folder, { recursive: true });
  };
}

async function start(connectionName: string): Promise<RunId> {
  const parameters = { connectors: ['postgres'], connectionName };
  const job = await stack.createJob({ hostId: host.id, parameters, settings: { cancelGraceSeconds: 1 } });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}

test('a run succeeds, with its whole log, its outcome and every station of its life', async () => {
  const runId = await start('good');
  const run = await stack.finished(runId);
  expect(run).toMatchObject({
    ...{ status: 'succeeded', exitCode: 0, failure: null, waitingFor: null },
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

test('a second start of a job with an active run is refused and names the run', async () => {
  const runId = await start('endless');
  const { jobId } = await stack.admin.call('getRun', { params: { runId } });
  await expect(stack.admin.call('startRun', { params: { jobId } })).rejects.toMatchObject({
    ...{ code: 'JOB_HAS_ACTIVE_RUN', details: { runId } },
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
