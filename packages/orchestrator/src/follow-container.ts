import { AppError, type ContainerEnd, containerNameOf, isAppError, type RunJobInput } from '@bigeye/contracts';
import { EngineAway } from '@bigeye/host-kit';
import { backOffMs, pause } from '@bigeye/service-kit';
import { cleanUpRun } from './clean-up-run.ts';
import { findContainerOf } from './find-container.ts';
import type { Attempt, HostDeps } from './host-deps.ts';
import { lookAtRun, meterRun } from './meter-run.ts';
import { reportRun } from './report-run.ts';
import { recordEnd } from './run-end.ts';
import { secretMaskOf, shipRunLog } from './ship-run-log.ts';
import { takeOverRun } from './take-over-run.ts';

/** A look that is under way when the container ends has little more to wait for. */
const lastLookMs = 1_000;

/**
 * Stays with the run's container until it has ended and everything about it is reported; then removes it. A cancel or
 * the run timeout stops the container; an attempt that ends for another reason only lets go of it.
 */
export async function followContainer(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<ContainerEnd> {
  const { runId } = input;
  if (attempt.number > 1) deps.timeline.add(runId, 'adopted', { detail: `attempt ${attempt.number}` });
  const known = deps.journal.read(runId);
  const end = known.end && known.reported ? known.end : await followToReport(deps, input, attempt);
  await cleanUpRun(deps, runId);
  return end;
}

async function followToReport(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<ContainerEnd> {
  const { runId } = input;
  using following = takeOverRun(deps, runId);
  const { signal } = following;
  const onAbort = () => {
    if (!attempt.isCanceled()) following.letGo();
  };
  attempt.signal.addEventListener('abort', onAbort);
  if (attempt.signal.aborted) onAbort();
  const mask = secretMaskOf(deps);
  const shipping = shipRunLog(deps, { runId, mask, isUnsent: attempt.number === 1 }, signal);
  // Its failure counts at the await below; until then it must not end the process.
  shipping.catch(() => {});
  const isOver = new AbortController();
  const metering = meterRun(deps, runId, AbortSignal.any([signal, isOver.signal]));
  const end = await untilEnded(deps, input, attempt, signal);
  isOver.abort();
  await Promise.race([metering, pause(lastLookMs)]);
  const stoppedHere = end.stopped && deps.journal.read(runId).byOperator ? ', stopped on its host by the operator' : '';
  deps.timeline.add(runId, 'exited', { at: end.finishedAt, detail: `exit code ${end.exitCode}${stoppedHere}` });
  await shipping.then(
    () => deps.timeline.add(runId, 'log_complete'),
    (error: unknown) => {
      signal.throwIfAborted();
      deps.log.warn({ runId, err: error }, 'log not taken');
      const reason = isAppError(error) ? error.code : 'see the log of the orchestrator';
      deps.timeline.add(runId, 'left_out', { detail: `log: its end was not taken (${reason})` });
    },
  );
  await reportRun(deps, { runId, end, mask }, signal);
  deps.journal.append(runId, { step: 'reported' });
  return end;
}

/** Returns how the container ended, recorded in the journal. What the engine cannot say now is asked again. */
async function untilEnded(
  deps: HostDeps,
  input: RunJobInput,
  attempt: Attempt,
  letGo: AbortSignal,
): Promise<ContainerEnd> {
  const { runId } = input;
  for (let failures = 0; ; ) {
    letGo.throwIfAborted();
    try {
      const state = await findState(deps, input);
      deps.waits.end(runId);
      const { stopping, end } = deps.journal.read(runId);
      if (end) return end;
      if (state.phase === 'exited') {
        const ended = recordEnd(deps, runId, state);
        deps.log.info({ runId, exitCode: ended.exitCode, stopped: ended.stopped }, 'run container ended');
        return ended;
      }
      if (state.phase === 'created') {
        await deps.runner.start(containerNameOf(runId));
        continue;
      }
      const leftMs = Date.parse(state.startedAt) + input.settings.runTimeoutSeconds * 1000 - Date.now();
      if (!stopping && !recordStopping(deps, input, attempt, leftMs)) {
        await waitForChange(deps, input, attempt, letGo, leftMs);
      } else {
        // The last moment to see what it took; nothing waits for it.
        void lookAtRun(deps, runId);
        await deps.runner.stop(containerNameOf(runId), { graceMs: input.settings.cancelGraceSeconds * 1000 });
        deps.journal.append(runId, { step: 'stopped' });
      }
      failures = 0;
    } catch (error) {
      if (!(error instanceof EngineAway)) throw error;
      deps.waits.begin(runId, error);
      await pause(backOffMs(failures++, { maxMs: 5_000 }), letGo);
    }
  }
}

/** Writes down why the container is to be stopped. False where it is not. */
function recordStopping(
  { journal, stopRuns }: HostDeps,
  { runId }: RunJobInput,
  attempt: Attempt,
  leftMs: number,
): boolean {
  const step = 'stopping';
  if (attempt.isCanceled()) journal.append(runId, { step, because: 'canceled' });
  else if (stopRuns.aborted) journal.append(runId, { step, because: 'canceled', byOperator: true });
  else if (leftMs <= 0) journal.append(runId, { step, because: 'timed_out' });
  else return false;
  return true;
}

/** A container that is gone is only a loss when the journal does not hold its end. */
async function findState(deps: HostDeps, { runId }: RunJobInput) {
  const container = await findContainerOf(deps, runId);
  if (container) return container.state;
  const { end } = deps.journal.read(runId);
  if (end) return { phase: 'exited', ...end } as const;
  throw new AppError('CONTAINER_VANISHED', { name: containerNameOf(runId) });
}

/** Until the container may have ended, the run timeout is reached, or the attempt is told to end. */
async function waitForChange(
  deps: HostDeps,
  { runId }: RunJobInput,
  attempt: Attempt,
  letGo: AbortSignal,
  leftMs: number,
): Promise<void> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), Math.max(1, leftMs));
  try {
    const signal = AbortSignal.any([late.signal, attempt.signal, deps.stopRuns, letGo]);
    await deps.runner.waitForEnd(containerNameOf(runId), signal);
  } finally {
    clearTimeout(timer);
  }
}
