import path from 'node:path';
import { type HostActivities, type HostId, taskQueues } from '@bigeye/contracts';
import {
  backOffMs,
  createDataConverter,
  type Logger,
  type PayloadKeys,
  pause,
  unlessAborted,
} from '@bigeye/service-kit';
import { DefaultLogger, type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connectToGateway } from './gateway-connection.ts';
import { createActivities } from './host-activities.ts';
import type { HostDeps } from './host-deps.ts';
import type { LiveIdentity } from './live-identity.ts';
import { createOpenAttempts, endAttempts } from './open-attempts.ts';

export interface ActivityWorkerOptions {
  hostId: HostId;
  gatewayAddress: string;
  identity: LiveIdentity;
  payloadKeys: PayloadKeys;
  log: Logger;
  shutdown: AbortSignal;
  onPolling: (polling: boolean) => void;
}

/** Settings of the SDK for the whole process: only the entry of a process calls this, and only once. */
export function installWorkerRuntime(log: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'debug', WARN: 'info', ERROR: 'error' } as const;
  Runtime.install({
    shutdownSignals: [],
    // What the SDK warns of is mostly about workflows, which an orchestrator has none of.
    logger: new DefaultLogger('INFO', ({ level, message }) => log[levels[level]]({ from: 'temporal' }, message)),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  });
}

/**
 * Polls this host's own queue through the gateway until `shutdown`. Returns 'failed' when the worker has given up for
 * good: it never settles by itself then, so the process must end and be started anew.
 */
export async function runActivityWorker(deps: HostDeps, options: ActivityWorkerOptions): Promise<'stopped' | 'failed'> {
  const attempts = createOpenAttempts(path.join(deps.home.journal, 'attempts'));
  // Taken before this process begins its own.
  const leftOver = attempts.takeLeftOver();
  for (let failures = 0; !options.shutdown.aborted; failures++) {
    try {
      await using gateway = await connectToGateway(options.gatewayAddress, options.identity, options.log);
      // Asked at each start and kept nowhere, so a control plane that moves to another namespace takes its hosts along.
      const { host, temporalNamespace: namespace } = await unlessAborted(
        deps.hostApi.call('getOwnHost', {}),
        options.shutdown,
      );
      // Before the first poll: a host that was drained while it was down starts nothing.
      deps.drain.set(host.drain);
      const { connection } = gateway;
      await endAttempts({ connection, namespace, identity: options.hostId }, leftOver.splice(0));
      const activities = createActivities(deps, attempts);
      const worker = await createWorker(options, { connection, namespace, activities, slots: deps.slots.count() });
      using _ = gateway.keepCurrent(worker);
      failures = 0;
      if ((await runUntilShutdown(worker, options)) === 'failed') return 'failed';
    } catch (error) {
      options.log.warn({ err: error instanceof Error ? error.message : error }, 'worker gateway does not answer');
    }
    options.onPolling(false);
    await pause(backOffMs(failures, { firstMs: 500, maxMs: 15_000 }), options.shutdown);
  }
  return 'stopped';
}

/** How long a shutdown waits for a gateway that may not answer this host any more. */
const farewellMs = 5_000;

/** Starts that wait for a slot, and what is settled and stopped, at a time; those that come on top wait at Temporal. */
const waitingAtOnce = 100;

function createWorker(
  { hostId, payloadKeys }: ActivityWorkerOptions,
  parts: { connection: NativeConnection; namespace: string; activities: HostActivities; slots: number },
): Promise<Worker> {
  const { connection, namespace, activities, slots } = parts;
  return Worker.create({
    connection,
    namespace,
    activities: { ...activities },
    taskQueue: taskQueues.forHost(hostId),
    identity: hostId,
    dataConverter: createDataConverter(payloadKeys),
    // The SDK's default of ten open polls for each worker would make 100,000 of them with ten thousand hosts.
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
    // A run that goes on is followed all the time, whoever waits beside it.
    maxConcurrentActivityTaskExecutions: slots + waitingAtOnce,
    // A cancel normally comes as a worker command; on servers without those it comes with a heartbeat.
    maxHeartbeatThrottleInterval: '2s',
    shutdownGraceTime: 0,
  });
}

async function runUntilShutdown(worker: Worker, options: ActivityWorkerOptions): Promise<'stopped' | 'failed'> {
  const { promise: ended, resolve: end } = Promise.withResolvers<'failed' | 'stopped'>();
  const stop = () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    void pause(farewellMs).then(() => end('stopped'));
  };
  const watch = setInterval(() => {
    const state = worker.getState();
    options.onPolling(state === 'RUNNING');
    if (state === 'FAILED') end('failed');
  }, 1000);
  options.shutdown.addEventListener('abort', stop, { once: true });
  try {
    const running = worker.run().then(() => 'stopped' as const);
    options.onPolling(true);
    options.log.info({ hostId: options.hostId, gateway: options.gatewayAddress }, 'polling for work');
    if (options.shutdown.aborted) stop();
    return await Promise.race([running, ended]);
  } finally {
    clearInterval(watch);
    options.shutdown.removeEventListener('abort', stop);
  }
}
