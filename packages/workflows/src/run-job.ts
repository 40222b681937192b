import {
  type ControlPlaneActivities,
  type HostActivities,
  type ReportedFailure,
  type RunJobInput,
  taskQueues,
} from '@bigeye/contracts/workflow';
import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import { type RunJobPorts, runJobSteps } from './run-job-steps.ts';

/** The name of the error class by which the codec fails, before an activity of ours could say that it failed for good. */
const payloadUnreadable = 'PayloadUnreadable';
/** What tells a code of ours from the name of an error's class. The catalogue itself would be initialised for each run. */
const codeForm = /^[A-Z][A-Z0-9_]+$/;
/**
 * How long a host may stay away before the run is given up. Long, because its word is the only true one; whoever knows
 * that a host will not come back revokes it, which ends its runs at once.
 */
const hostAwayLimit = '1 day';
/** Long enough for an orchestrator's garbage collection, short enough that a restarted one carries on at once. */
const hostHeartbeatTimeout = '15 seconds';

/** The workflow of one run; its id is the run's id. Shell around `runJobSteps`. */
export async function runJob(input: RunJobInput): Promise<void> {
  const whole = CancellationScope.current();
  // What a cancel ends is chosen below; the rest, and what happened, is done and recorded through it.
  await CancellationScope.nonCancellable(() => runJobSteps(input, createPorts(input, whole)));
}

function createPorts(input: RunJobInput, whole: CancellationScope): RunJobPorts {
  const { startTimeoutSeconds } = input.settings;
  const onHost: ActivityOptions = {
    taskQueue: taskQueues.forHost(input.hostId),
    heartbeatTimeout: hostHeartbeatTimeout,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 1.5,
      maximumInterval: '15 seconds',
      nonRetryableErrorTypes: [payloadUnreadable],
    },
  };
  const starting = proxyActivities<HostActivities>({
    ...onHost,
    // The queue belongs to one host, so schedule-to-start is how we notice that the host is away. It fires before the
    // other one, which means that the host had it.
    scheduleToStartTimeout: `${startTimeoutSeconds} seconds`,
    scheduleToCloseTimeout: `${startTimeoutSeconds + 1} seconds`,
  });
  // No limit by the clock: the host enforces the run's own timeout, and may be away while its container ends well.
  const untilHeard = proxyActivities<HostActivities>({
    ...onHost,
    scheduleToStartTimeout: hostAwayLimit,
    startToCloseTimeout: '365 days',
  });
  const controlPlane = proxyLocalActivities<ControlPlaneActivities>({
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '200ms', maximumInterval: '10 seconds' },
  });
  return {
    recordRunStatus: controlPlane.recordRunStatus,
    findReportedEnd: controlPlane.findReportedEnd,
    host: {
      startContainer: async () => {
        let wasHandedOut = true;
        try {
          return await reachedByCancel(
            whole,
            () => starting.startContainer(input),
            async () => {
              wasHandedOut = await controlPlane.wasHandedOut(input.runId);
            },
          );
        } catch (error) {
          if (isCancellation(error) && !wasHandedOut) return null;
          throw error;
        }
      },
      settleStart: untilHeard.settleStart,
      followContainer: () => reachedByCancel(whole, () => untilHeard.followContainer(input)),
      stopContainer: untilHeard.stopContainer,
    },
    isCancelRequested: () => whole.consideredCancelled,
    leavesOpen,
    failureOf: (error) => failureOf(error, input),
  };
}

/**
 * Does `act` in a scope that a cancel reaches, after `before`. It begins at once, also where a cancel came already:
 * Temporal does not even schedule an activity in a scope that is canceled.
 */
async function reachedByCancel<T>(
  whole: CancellationScope,
  act: () => Promise<T>,
  before: () => Promise<void> = async () => undefined,
): Promise<T> {
  const scope = new CancellationScope();
  const result = scope.run(act);
  whole.cancelRequested.catch(async () => {
    await before();
    scope.cancel();
  });
  return await result;
}

function leavesOpen(error: unknown): 'nothing' | 'its end' {
  if (!(error instanceof ActivityFailure)) return 'its end';
  const { cause, retryState } = error;
  if (cause instanceof ApplicationFailure) return retryState === 'NON_RETRYABLE_FAILURE' ? 'nothing' : 'its end';
  return isNeverTaken(cause) ? 'nothing' : 'its end';
}

/** Its orchestrator ended in the middle of the last attempt, by which the start had to be done. */
const isOfAnEnding = (cause: unknown): boolean =>
  cause instanceof ApplicationFailure && (cause.type === 'OrchestratorEnded' || cause.type === 'WorkerShutdown');

/** Temporal keeps the failure of the attempt before as the cause; without one there was none. */
const isNeverTaken = (cause: unknown): boolean =>
  cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START' && cause.cause === undefined;

function failureOf(error: unknown, { hostId, settings }: RunJobInput): ReportedFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isStart = error instanceof ActivityFailure && error.activityType === 'startContainer';
  // Why the start was not done in time is what its last attempt said.
  const said = cause instanceof TimeoutFailure && isStart ? cause.cause : cause;
  if (said instanceof ApplicationFailure && said.type === payloadUnreadable)
    return { code: 'PAYLOAD_UNREADABLE', details: {} };
  if (said instanceof ApplicationFailure && said.type && codeForm.test(said.type))
    return { code: said.type, details: (said.details?.[0] ?? {}) as Record<string, unknown> };
  if (isStart && (cause instanceof TimeoutFailure || isOfAnEnding(cause)))
    return { code: 'HOST_OFFLINE', details: { hostId, waitedSeconds: settings.startTimeoutSeconds } };
  if (cause instanceof TimeoutFailure) return { code: 'HOST_LOST', details: { hostId } };
  log.error('run failed for a reason outside the catalogue', { error });
  return { code: 'INTERNAL', details: {} };
}
