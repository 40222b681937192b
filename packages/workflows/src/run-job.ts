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
import { runJobSteps } from './run-job-steps.ts';

/** The name of the error class by which the codec fails, before an activity of ours could say that it failed for good. */
const payloadUnreadable = 'PayloadUnreadable';
/** What tells a code of ours from the name of an error's class. The catalogue itself would be initialised for each run. */
const codeForm = /^[A-Z][A-Z0-9_]+$/;
/** How long a host that fell silent in the middle of a run may stay away before the run is given up. */
const hostLostTimeoutSeconds = 3600;
const imagePullTimeoutSeconds = 3600;
/** Long enough for an orchestrator's garbage collection, short enough that a restarted one carries on at once. */
const hostHeartbeatTimeout = '15 seconds';

/** The workflow of one run; its id is the run's id. Shell around `runJobSteps`. */
export async function runJob(input: RunJobInput): Promise<void> {
  const { runTimeoutSeconds, cancelGraceSeconds, startTimeoutSeconds } = input.settings;
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
    // The queue belongs to one host, so schedule-to-start is how we notice that the host is away.
    scheduleToStartTimeout: `${startTimeoutSeconds} seconds`,
    startToCloseTimeout: `${imagePullTimeoutSeconds} seconds`,
  });
  const following = proxyActivities<HostActivities>({
    ...onHost,
    scheduleToStartTimeout: `${hostLostTimeoutSeconds} seconds`,
    // The host enforces the run's own timeout; this one only ends the wait for a host that never comes back.
    scheduleToCloseTimeout: `${runTimeoutSeconds + cancelGraceSeconds + hostLostTimeoutSeconds} seconds`,
  });
  const controlPlane = proxyLocalActivities<ControlPlaneActivities>({
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '200ms', maximumInterval: '10 seconds' },
  });
  await runJobSteps(input, {
    host: { startContainer: starting.startContainer, followContainer: following.followContainer },
    // What happened is recorded even when the run is being canceled.
    recordRunStatus: (status) => CancellationScope.nonCancellable(() => controlPlane.recordRunStatus(status)),
    judge: (error, phase) => (isCancellation(error) ? 'canceled' : failureOf(error, phase, input)),
  });
}

function failureOf(error: unknown, phase: 'starting' | 'following', input: RunJobInput): ReportedFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) {
    return phase === 'starting' && cause.timeoutType === 'SCHEDULE_TO_START'
      ? { code: 'HOST_OFFLINE', details: { hostId: input.hostId, waitedSeconds: input.settings.startTimeoutSeconds } }
      : { code: 'HOST_LOST', details: { hostId: input.hostId } };
  }
  if (cause instanceof ApplicationFailure && cause.type === payloadUnreadable)
    return { code: 'PAYLOAD_UNREADABLE', details: {} };
  if (cause instanceof ApplicationFailure && cause.type && codeForm.test(cause.type))
    return { code: cause.type, details: (cause.details?.[0] ?? {}) as Record<string, unknown> };
  log.error('run failed for a reason outside the catalogue', { error });
  return { code: 'INTERNAL', details: {} };
}
