import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerNameOf, type RunId } from '@bigeye/contracts';
import { freePorts } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SpawnedControlPlane, spawnControlPlane } from './spawned-control-plane.ts';
import { type RunningHost, startTestHost } from './test-host.ts';
import { createClients, type TestHost, type TestStack } from './test-stack.ts';

/** A control plane and what it stands on: its database, its Temporal, its machine. */
export interface Foundation extends AsyncDisposable {
  stack: TestStack;
  /** Ends the control plane in order and starts it again; resolves when it is ready. */
  restart(): Promise<void>;
}

/** A foundation that the tests have opened, with a host. */
export interface Opened<Kind extends Foundation> {
  readonly on: Kind;
  readonly host: TestHost;
  /** Creates a job and starts it. */
  start(connectionName: keyof typeof programs): Promise<RunId>;
  linesOf(runId: RunId): Promise<string[]>;
  /** Of which run a container goes on. */
  runsOnHost(): RunId[];
  /** Whether the host has forgotten the run, as it does once the control plane has all of it. */
  isForgotten(runId: RunId): boolean;
}

const lines = 60;
const wholeLog = Array.from({ length: lines }, (_, n) => `line ${n + 1}`);
const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: '3 tables', counts: { tables: 3 } };

const programs = {
  good: (container) => {
    container.print('reading');
    container.print(JSON.stringify(result));
    container.exit(0);
  },
  /** Writes for three seconds, so that something can be done in the middle of it. */
  slow: (container) => {
    let line = 0;
    const timer = setInterval(() => {
      container.print(`line ${++line}`);
      if (line < lines) return;
      clearInterval(timer);
      container.exit(0);
    }, 50);
  },
  endless: (container) => {
    container.print('going on');
    container.onTerminate = () => container.exit(143);
  },
} satisfies Parameters<typeof startTestHost>[2];

/** The jobs that run on every foundation, as tests of the file that calls this. */
export function testJobsOn<Kind extends Foundation>(open: () => Promise<Kind>): Opened<Kind> {
  const resources = new AsyncDisposableStack();
  let on: Kind;
  let host: TestHost;
  let running: RunningHost;
  beforeAll(async () => {
    on = resources.use(await open());
    host = await on.stack.registerHost('etl-01');
    running = resources.use(await startTestHost(on.stack, host, programs));
  });
  afterAll(() => resources.disposeAsync());

  const opened: Opened<Kind> = {
    get on() {
      return on;
    },
    get host() {
      return host;
    },
    start: async (connectionName) => {
      const parameters = { connectors: ['postgres'], connectionName };
      const job = await on.stack.createJob({ hostId: host.id, parameters });
      return (await on.stack.admin.call('startRun', { params: { jobId: job.id } })).id;
    },
    linesOf: async (runId) => {
      const log = await on.stack.admin.call('getRunLog', { params: { runId }, query: { after: 0, limit: 1000 } });
      return log.lines.map((line) => line.text);
    },
    runsOnHost: () =>
      [...running.engine.containers.values()]
        .filter(({ state }) => state.phase === 'running')
        .map(({ spec }) => spec.runId),
    isForgotten: (runId) => !existsSync(join(running.home.journal, `${containerNameOf(runId)}.jsonl`)),
  };
  const logLinesOf = async (runId: RunId) => (await on.stack.admin.call('getRun', { params: { runId } })).logLines;

  test('a run succeeds, with its outcome, its whole log and its stations', async () => {
    const runId = await opened.start('good');
    expect(await on.stack.finished(runId)).toMatchObject({
      status: 'succeeded',
      exitCode: 0,
      outcome: { message: '3 tables', counts: { tables: 3 } },
    });
    expect(await opened.linesOf(runId)).toEqual(['reading', JSON.stringify(result)]);
    const { events } = await on.stack.admin.call('getRunTimeline', { params: { runId } });
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['queued', 'started', 'exited', 'finished']));
  });

  test('a cancel stops the agent', async () => {
    const runId = await opened.start('endless');
    await expect.poll(() => logLinesOf(runId)).toBe(1);
    await on.stack.admin.call('cancelRun', { params: { runId } });
    expect(await on.stack.finished(runId)).toMatchObject({ status: 'canceled', exitCode: 143 });
  });

  test('the control plane is started again in the middle of a run, which succeeds with every line', async () => {
    const runId = await opened.start('slow');
    await expect.poll(() => logLinesOf(runId)).toBeGreaterThan(5);
    await on.restart();
    expect(await on.stack.finished(runId)).toMatchObject({ status: 'succeeded', exitCode: 0 });
    expect(await opened.linesOf(runId)).toEqual(wholeLog);
  });
  return opened;
}

export interface SpawnedFoundation extends Foundation {
  stop(): Promise<void>;
  /** `further` settings count for this time. */
  start(further?: Record<string, string>): Promise<void>;
}

/** A control plane as a process of its own on loopback, with these settings. */
export async function spawnFoundation(given: Record<string, string> = {}): Promise<SpawnedFoundation> {
  await using starting = new AsyncDisposableStack();
  const dataDir = mkdtempSync(join(tmpdir(), 'foundation-'));
  starting.defer(() => rmSync(dataDir, { recursive: true, force: true }));
  const ports = await freePorts(4);
  const settings: Record<string, string> = { LOG_LEVEL: 'warn', ADMIN_EMAIL: 'admin@example.com', ...given };
  const spawn = async (further: Record<string, string> = {}): Promise<SpawnedControlPlane> => {
    const spawned = await spawnControlPlane({ dataDir, ports, settings: { ...settings, ...further } });
    await spawned.settled();
    return spawned;
  };
  let running = await spawn();
  starting.defer(async () => void (await running.end()));
  const firstAdmin = readFileSync(join(dataDir, 'first-admin.txt'), 'utf8');
  const adminKey = /bigeye_pak_\w+/.exec(firstAdmin)?.[0] ?? '';
  const at = { apiUrl: running.apiUrl, hostApiUrl: `https://${running.hostApiAddress}` };
  const clients = starting.use(createClients(at, adminKey));
  const stack: TestStack = {
    ...at,
    ...clients,
    gatewayAddress: running.gatewayAddress,
    temporalAddress: settings.TEMPORAL_ADDRESS ?? `127.0.0.1:${ports[3]}`,
    temporalNamespace: settings.TEMPORAL_NAMESPACE ?? 'default',
    dataDir,
    adminKey,
    adminPasswordToken: /#(\S+)/.exec(firstAdmin)?.[1] ?? '',
    [Symbol.asyncDispose]: async () => undefined,
  };
  const opened = starting.move();
  const stop = async () => void (await running.end());
  const start = async (further?: Record<string, string>) => {
    running = await spawn(further);
  };
  return {
    stack,
    stop,
    start,
    restart: async () => {
      await stop();
      await start();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
