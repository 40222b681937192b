import { AppError, type HostId, isAppError, type RunJobInput, taskQueues } from '@bigeye/contracts';
import { EngineAway } from '@bigeye/host-kit';
import {
  backOffMs,
  createDataConverter,
  type Logger,
  type PayloadKeys,
  pause,
  toApplicationFailure,
  unlessAborted,
} from '@bigeye/service-kit';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { followContainer } from './follow-container.ts';
import { connectToGateway } from './gateway-connection.ts';
import type { Attempt, HostDeps } from './host-deps.ts';
import type { LiveIdentity } from './live-identity.ts';
import { NoFreeSlot, startContainer } from './start-container.ts';

/** How long the end of a run waits for what happened before it to be told. */
const tellMs = 5_000;

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
  for (let failures = 0; !options.shutdown.aborted; failures++) {
    try {
      await using gateway = await connectToGateway(options.gatewayAddress, options.identity, options.log);
      // Asked at each start and kept nowhere, so a control plane that moves to another namespace takes its hosts along.
      const { temporalNamespace: namespace } = await unlessAborted(
        deps.hostApi.call('getOwnHost', {}),
        options.shutdown,
      );
      const worker = await createWorker(deps, options, { connection: gateway.connection, namespace });
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

/** A registry that fails for a moment is back within five attempts; after those, the image is taken to be missing. */
const startAttempts = 5;

function createWorker(
  deps: HostDeps,
  { hostId, payloadKeys }: ActivityWorkerOptions,
  gateway: { connection: NativeConnection; namespace: string },
): Promise<Worker> {
  return Worker.create({
    ...gateway,
    taskQueue: taskQueues.forHost(hostId),
    identity: hostId,
    dataConverter: createDataConverter(payloadKeys),
    activities: {
      startContainer: asActivity(deps, (input, attempt) => startContainer(deps, input, attempt), startAttempts),
      // One attempt: an AppError thrown while following is the end of the run, so there is nothing to try again.
      followContainer: asActivity(deps, (input, attempt) => followContainer(deps, input, attempt), 1),
    },
    // The SDK's default of ten open polls for each worker would make 100,000 of them with ten thousand hosts.
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 },
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

/**
 * A failure in our words that may work later is tried again until the attempt `maxAttempts`, and is then how the run
 * ended. What is unknown (the engine away, this process ending) is always tried again.
 */
function asActivity<Output>(
  { hostId, timeline }: HostDeps,
  work: (input: RunJobInput, attempt: Attempt) => Promise<Output>,
  maxAttempts: number,
): (input: RunJobInput) => Promise<Output> {
  return async (input) => {
    const context = Context.current();
    // The first after a second: a run that is quick costs everybody less without.
    const beat = setInterval(() => context.heartbeat(), 1000);
    try {
      requireMeant(input, hostId, context);
      return await work(input, attemptOf(context));
    } catch (error) {
      // This promise only ever rejects: with the error by which the SDK knows a canceled activity.
      if (context.cancellationSignal.aborted) await context.cancelled;
      // The timeline goes first: once the run's end is recorded, the control plane takes no more stations.
      if (isAppError(error)) await timeline.drained(input.runId, AbortSignal.timeout(tellMs));
      throw failureOf(error, context.info.attempt < maxAttempts);
    } finally {
      clearInterval(beat);
    }
  };
}

/** The codec made sure that it was sealed for this run; it must be meant for this host too. */
function requireMeant(input: RunJobInput, hostId: HostId, { info }: Context): void {
  if (input.hostId !== hostId || input.runId !== info.workflowExecution?.workflowId)
    throw new AppError('PAYLOAD_UNREADABLE', {});
}

function attemptOf(context: Context): Attempt {
  return {
    number: context.info.attempt,
    signal: context.cancellationSignal,
    // Asked of this context, not of the current one: the signal's listeners run outside of any activity.
    isCanceled: () => context.cancellationDetails?.cancelRequested === true,
  };
}

function failureOf(error: unknown, mayRetry: boolean): unknown {
  if (error instanceof EngineAway) return ApplicationFailure.create({ type: 'ENGINE_AWAY', message: error.message });
  if (error instanceof NoFreeSlot) return ApplicationFailure.create({ type: 'NO_FREE_SLOT', message: error.message });
  if (!isAppError(error)) return error;
  if (mayRetry) return toApplicationFailure(error);
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: true,
    details: [error.details],
    cause: error,
  });
}
