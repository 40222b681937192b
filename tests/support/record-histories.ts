// Records how today's workflow runs, on a real Temporal server, for tests/workflow-replay.test.ts: one history a scene, in
// packages/workflows/histories/<version>/. Run it once for each released version; a history that is there is left as it is.
//   node tests/support/record-histories.ts
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ContainerEnd,
  type HostActivities,
  HostId,
  JobId,
  JobSettings,
  productVersion,
  type RunId,
  taskQueues,
} from '@bigeye/contracts';
import { createLogger, createRunId, failureConverterPath } from '@bigeye/service-kit';
import { until } from '@bigeye/testkit';
import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { openTemporalTarget } from '../../apps/control-plane/src/temporal/connect.ts';
import { startWorkflowEngine } from '../../apps/control-plane/src/temporal/workflow-engine.ts';
import { root } from './test-stack.ts';
import { startTestTemporal } from './test-temporal.ts';

interface Scene {
  /** What the host does; undefined: there is none. */
  host: Partial<HostActivities> | undefined;
  settings?: Partial<JobSettings>;
  /** When the run is canceled: once the host was asked for this, or once it was offered. */
  cancelAt?: keyof HostActivities | 'offered';
}

const at = '2026-01-01T00:00:00.000Z';
const end = (change: Partial<ContainerEnd>): ContainerEnd => ({
  exitCode: 0,
  outOfMemory: false,
  startedAt: at,
  finishedAt: at,
  stopped: null,
  ...change,
});
const untilCanceled = () => Context.current().cancelled.catch(() => undefined);
const away = async () => {
  throw ApplicationFailure.retryable('the orchestrator ended', 'OrchestratorEnded');
};

const scenes: Record<string, Scene> = {
  succeeded: { host: {} },
  'failed-by-its-agent': { host: { followContainer: async () => end({ exitCode: 3 }) } },
  'timed-out': { host: { followContainer: async () => end({ exitCode: 137, stopped: 'timed_out' }) } },
  'refused-by-its-host': {
    host: {
      startContainer: async () => {
        throw ApplicationFailure.nonRetryable('not there', 'AGENT_NOT_INSTALLED', {});
      },
    },
  },
  'not-picked-up': { host: undefined, settings: { startTimeoutSeconds: 1 } },
  'not-started-in-time': { host: { startContainer: away }, settings: { startTimeoutSeconds: 2 } },
  'canceled-before-its-host-had-it': { host: undefined, cancelAt: 'offered' },
  'canceled-before-its-container': {
    host: { startContainer: () => untilCanceled().then(() => null) },
    cancelAt: 'startContainer',
  },
  'canceled-when-just-started': {
    host: { startContainer: () => untilCanceled().then(() => ({ startedAt: at })) },
    cancelAt: 'startContainer',
  },
  'canceled-while-followed': {
    host: { followContainer: () => untilCanceled().then(() => end({ exitCode: 143, stopped: 'canceled' })) },
    cancelAt: 'followContainer',
  },
  'canceled-while-its-host-was-away': { host: { followContainer: away }, cancelAt: 'followContainer' },
};

const folder = join(root, 'packages/workflows/histories', productVersion);
mkdirSync(folder, { recursive: true });
Runtime.install({ logger: new DefaultLogger('ERROR') });
const log = createLogger('histories', 'error');
const server = await startTestTemporal();
const connection = await NativeConnection.connect({ address: server.address });
const client = new Client({ connection });
using target = openTemporalTarget({ TEMPORAL_NAMESPACE: 'default' }, log, { embedded: server.address });
const over = new Set<RunId>();
const engine = await startWorkflowEngine({
  target,
  activities: {
    recordRunStatus: async ({ runId, status }) => {
      if (status !== 'running') over.add(runId);
    },
    findReportedEnd: async () => null,
  },
  dataConverter: { failureConverterPath },
  log,
});
await until(async () => (await engine.readiness()) === true);

for (const [name, scene] of Object.entries(scenes)) {
  const file = join(folder, `${name}.binpb`);
  if (existsSync(file)) continue;
  writeFileSync(file, await record(name, scene));
  console.log(`recorded ${name}`);
}
await engine[Symbol.asyncDispose]();
await connection.close();
await server[Symbol.asyncDispose]();
process.exit(0);

async function record(name: string, { host, settings, cancelAt }: Scene): Promise<Uint8Array> {
  const hostId = HostId.parse(name);
  const runId = createRunId();
  const asked = new Set<string>();
  const activities: HostActivities = {
    startContainer: async () => ({ startedAt: at }),
    settleStart: async () => null,
    followContainer: async () => end({}),
    stopContainer: async () => end({ exitCode: 143, stopped: 'canceled' }),
    ...host,
  };
  const noted = Object.entries(activities).map(([activity, act]) => [
    activity,
    async (input: Parameters<typeof act>[0]) => {
      asked.add(activity);
      const beat = setInterval(() => Context.current().heartbeat(), 100);
      try {
        return await act(input);
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  const taskQueue = taskQueues.forHost(hostId);
  const worker = host && (await Worker.create({ connection, taskQueue, activities: Object.fromEntries(noted) }));
  const working = worker?.run();
  await engine.starter.start({
    protocolVersion: 1,
    runId,
    jobId: JobId.parse('job_00000000000000000001'),
    hostId,
    agentType: 'LINEAGE_PLUS',
    parameters: { connectors: ['postgres'] },
    settings: { ...JobSettings.parse({}), ...settings },
  });
  if (cancelAt) {
    await until(async () => cancelAt === 'offered' || asked.has(cancelAt));
    await engine.starter.cancel(runId);
  }
  await until(async () => over.has(runId), { timeoutMs: 60_000 });
  const handle = client.workflow.getHandle(runId);
  await handle.result();
  worker?.shutdown();
  await working;
  // As the protocol's own bytes: the SDK's way from and to JSON does not work beside another version of protobufjs.
  return proto.temporal.api.history.v1.History.encode(await handle.fetchHistory()).finish();
}
