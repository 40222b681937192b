import { AppError, type HostActivities, type HostId, isAppError, type RunJobInput } from '@bigeye/contracts';
import { toApplicationFailure } from '@bigeye/service-kit';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { followContainer } from './follow-container.ts';
import type { Attempt, HostDeps } from './host-deps.ts';
import type { OpenAttempts } from './open-attempts.ts';
import { settleStart } from './settle-start.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';

/** How long the end of a run waits for what happened before it to be told. */
const tellMs = 5_000;
/** A registry that fails for a moment is back within five attempts; after those, the image is taken to be missing. */
const startAttempts = 5;

/** What Temporal asks of this host. An AppError thrown while a run is followed is its end, so it is not tried again. */
export function createActivities(deps: HostDeps, attempts: OpenAttempts): HostActivities {
  const given = { ...deps, attempts };
  return {
    startContainer: asActivity(given, startAttempts, (input, attempt) => startContainer(deps, input, attempt)),
    settleStart: asActivity(given, 1, (input) => settleStart(deps, input)),
    followContainer: asActivity(given, 1, (input, attempt) => followContainer(deps, input, attempt)),
    stopContainer: asActivity(given, 1, (input, attempt) => stopContainer(deps, input, attempt)),
  };
}

/**
 * A failure in our words that may work later is tried again until the attempt `maxAttempts`, and is then how the run
 * ended. What only holds the run up (the engine away, a full disk), and what is unknown (this process ending), is tried
 * again as long as the workflow wants it.
 */
function asActivity<Output>(
  { hostId, timeline, waits, attempts }: HostDeps & { attempts: OpenAttempts },
  maxAttempts: number,
  work: (input: RunJobInput, attempt: Attempt) => Promise<Output>,
): (input: RunJobInput) => Promise<Output> {
  return async (input) => {
    const context = Context.current();
    const over = attempts.begin(context.info.taskToken);
    // The first after a second: a run that is quick costs everybody less without.
    const beat = setInterval(() => context.heartbeat(), 1000);
    try {
      requireMeant(input, hostId, context);
      const output = await work(input, attemptOf(context));
      waits.end(input.runId);
      return output;
    } catch (error) {
      const hindrance = waits.begin(input.runId, error);
      // This promise only ever rejects: with the error by which the SDK knows a canceled activity.
      if (context.cancellationSignal.aborted) await context.cancelled;
      // The timeline goes first: once the run's end is recorded, the control plane takes no more stations.
      if (isAppError(error)) await timeline.drained(input.runId, AbortSignal.timeout(tellMs));
      if (hindrance) throw toApplicationFailure(hindrance);
      throw failureOf(error, context.info.attempt < maxAttempts);
    } finally {
      clearInterval(beat);
      over();
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
