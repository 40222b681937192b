import { setTimeout as delay } from 'node:timers/promises';
import { AppError, type ControlPlaneActivities, isAppError, type RunId, taskQueues } from '@bigeye/contracts';
import { backOffMs, type Logger, pause, reasonOf, unlessAborted } from '@bigeye/service-kit';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import type { RunStarter } from '../runs/run-dispatcher.ts';
import { bundleWorkflows } from './bundle-workflows.ts';
import { connectToTemporal, isSameTls, type TemporalTarget } from './connect.ts';
import { createRunStarter } from './run-starter.ts';
import { findTemporalFault } from './temporal-fault.ts';

const watchEveryMs = 1_000;
/** How long a worker may take to end. Its polls are not given up while Temporal is away. */
const drainMs = 5_000;

export interface WorkflowEngine extends AsyncDisposable {
  starter: RunStarter;
  /** True while Temporal answers us; otherwise what is wrong. */
  readiness(): Promise<true | AppError>;
}

/**
 * The workflow worker and a client on one connection, so that runs start eagerly in this process: 14 ms from trigger to
 * host instead of 70. Comes at once; while Temporal is away or refuses us it is tried again and again, and each call of the
 * starter fails with the reason. `bundle`: path of the pre-built workflow code; without it, it is built now.
 */
export async function startWorkflowEngine(options: {
  target: TemporalTarget;
  bundle?: string | undefined;
  /** What they ask of Temporal itself is added here. */
  activities: Omit<ControlPlaneActivities, 'wasHandedOut'>;
  dataConverter: DataConverter;
  log: Logger;
}): Promise<WorkflowEngine> {
  const { target, log, dataConverter } = options;
  const { address, namespace } = target;
  const closing = new AbortController();
  let connected: { starter: RunStarter; connection: NativeConnection; worker: SupervisedWorker } | undefined;
  let fault: AppError = new AppError('TEMPORAL_AWAY', { address, reason: 'it was not asked yet' });

  /** On one connection, until the end or until that connection proves us by what is no longer in the files. */
  const workOn = async (connection: NativeConnection, workflowBundle: WorkflowBundleOption) => {
    await using opened = new AsyncDisposableStack();
    // A worker that was given up still holds it; both end with the process then.
    opened.defer(() => connection.close().catch(() => undefined));
    const over = Promise.withResolvers<unknown>();
    closing.signal.addEventListener('abort', over.resolve, { once: true });
    opened.use(
      target.subscribe((before) => {
        if (!isSameTls(before, target.proof())) over.resolve(undefined);
        else void connection.setApiKey(target.proof().apiKey ?? '');
      }),
    );
    const workerOptions: WorkerOptions = {
      connection,
      namespace,
      taskQueue: taskQueues.controlPlane,
      workflowBundle,
      activities: { ...options.activities, wasHandedOut: (runId: RunId) => starter().wasHandedOut(runId) },
      dataConverter,
      identity: 'control-plane',
      shutdownForceTime: drainMs,
    };
    const worker = opened.use(superviseWorker(workerOptions, log));
    connected = { connection, worker, starter: createRunStarter(new Client({ connection, namespace, dataConverter })) };
    opened.defer(() => {
      connected = undefined;
    });
    if (!closing.signal.aborted) await over.promise;
  };

  const running = (async () => {
    let workflowBundle: WorkflowBundleOption | undefined;
    while (!closing.signal.aborted) {
      const connection = await connect(target, log, closing.signal, (found) => {
        fault = found;
      });
      if (!connection) return;
      workflowBundle ??= options.bundle ? { codePath: options.bundle } : { code: await bundleWorkflows() };
      await workOn(connection, workflowBundle);
    }
  })();
  // A bundle that cannot be built is told once here, and by every run that is not offered.
  running.catch((error: unknown) => log.error({ err: error }, 'workflow engine failed'));
  const starter = () => {
    if (!connected) throw fault;
    return connected.starter;
  };
  return {
    starter: {
      start: async (input) => await starter().start(input),
      startAnew: async (input) => await starter().startAnew(input),
      cancel: async (runId) => await starter().cancel(runId),
      terminate: async (runId) => await starter().terminate(runId),
      wasHandedOut: async (runId) => await starter().wasHandedOut(runId),
      stateOf: async (runId) => await starter().stateOf(runId),
    },
    readiness: async () => {
      if (!connected) return fault;
      const { connection, worker } = connected;
      // By the namespace: it asks for all that a run needs, also where anybody may ask for the server's version.
      const asking = () => connection.workflowService.describeNamespace({ namespace });
      return await connection.withDeadline(Date.now() + 2_000, asking).then(
        () => worker.fault() ?? (true as const),
        async (cause: unknown) => {
          const found = await findTemporalFault(target);
          return found ?? new AppError('TEMPORAL_AWAY', { address, reason: reasonOf(cause) }, { cause });
        },
      );
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await running.catch(() => undefined);
    },
  };
}

/** Undefined where the signal fired before Temporal took us. `onFault` hears why it does not. */
async function connect(
  target: TemporalTarget,
  log: Logger,
  signal: AbortSignal,
  onFault: (fault: AppError) => void,
): Promise<NativeConnection | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      // First, because the SDK connects to a server that does not know the namespace, and its worker then fails for ever.
      const fault = await unlessAborted(findTemporalFault(target), signal);
      if (fault) throw fault;
      return await unlessAborted(connectToTemporal(target), signal);
    } catch (error) {
      if (signal.aborted) break;
      const { address } = target;
      const fault = isAppError(error) ? error : faultOfConnecting(address, error);
      const reason = fault.message;
      onFault(fault);
      if (fault.retryable) log.warn({ address, reason }, 'Temporal does not answer yet');
      else log.error({ address, code: fault.code, reason, remedy: fault.remedy }, 'Temporal cannot be used');
      await pause(backOffMs(attempt, { maxMs: 3_000 }), signal);
    }
  }
  return undefined;
}

/** The SDK judges certificates by rules of its own, which are stricter: it takes none that could sign others. */
function faultOfConnecting(address: string, cause: unknown): AppError {
  const reason = reasonOf(cause);
  const certificate = /InvalidCertificate\((.*?)\)+/.exec(reason)?.[1];
  return certificate
    ? new AppError('TEMPORAL_UNTRUSTED', { address, reason: certificate }, { cause })
    : new AppError('TEMPORAL_AWAY', { address, reason }, { cause });
}

interface SupervisedWorker extends AsyncDisposable {
  /** Why runs are not carried out, although Temporal answers. */
  fault(): AppError | undefined;
}

/** After so long without a failure, a worker is taken to be well. */
const provenMs = 10_000;

/** Keeps a worker polling: one whose polls failed for good is replaced. */
function superviseWorker(options: WorkerOptions, log: Logger): SupervisedWorker {
  let current: Worker | undefined;
  let failed: { at: number; fault: AppError } | undefined;
  const closing = new AbortController();
  const running = (async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        current = await unlessAborted(Worker.create(options), closing.signal);
        log.info({ taskQueue: options.taskQueue }, 'workflow worker polls');
        const run = current.run();
        if (closing.signal.aborted) current.shutdown();
        await Promise.race([run, failureOf(current)]);
      } catch (error) {
        if (closing.signal.aborted) break;
        failed = { at: Date.now(), fault: new AppError('WORKFLOW_WORKER_FAILED', { reason: reasonOf(error) }) };
        log.error({ err: error }, 'workflow worker failed; starting another');
      }
      await pause(backOffMs(attempt), closing.signal);
    }
  })();
  return {
    fault: () => {
      const isProven = current?.getState() === 'RUNNING' && Date.now() - (failed?.at ?? 0) > provenMs;
      return isProven ? undefined : failed?.fault;
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      if (current?.getState() === 'RUNNING') current.shutdown();
      await running;
    },
  };
}

/** `run()` never settles after a fatal poll error, so the state is watched. */
async function failureOf(worker: Worker): Promise<never> {
  for (;;) {
    await delay(watchEveryMs);
    if (worker.getState() === 'FAILED') throw new Error('polling failed');
    if (worker.getState() === 'STOPPED') await new Promise(() => undefined);
  }
}
