import { containerNameOf, isAppError, type RunId } from '@bigeye/contracts';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';
import { reportRun } from './report-run.ts';
import { findEnd } from './run-end.ts';
import { secretMaskOf, shipRunLog } from './ship-run-log.ts';
import { takeOverRun } from './take-over-run.ts';

const reapGraceMs = 10_000;

/**
 * Removes what is left of a run that the control plane has ended. What its container left is told first: the control plane
 * may have given the run up without a word of this host. The container goes first and the journal last: as long as a part
 * is left, the next heartbeat finds it. `hasContainer`: as the engine listed those of runs.
 */
export async function reapRun(
  deps: HostDeps,
  runId: RunId,
  { hasContainer }: { hasContainer: boolean },
): Promise<void> {
  if (hasContainer) {
    const name = containerNameOf(runId);
    const ranOn = (await findContainerOf(deps, runId))?.state.phase === 'running';
    await deps.runner.stop(name, { graceMs: reapGraceMs });
    await tell(deps, runId, ranOn);
    await deps.runner.remove(name);
    deps.log.info({ runId, ranOn }, 'container of no active run removed');
  }
  await deps.slots.release(runId);
  deps.usage.remove(runId);
  deps.journal.remove(runId);
}

async function tell(deps: HostDeps, runId: RunId, ranOn: boolean): Promise<void> {
  const end = await findEnd(deps, runId);
  if (!end || deps.journal.read(runId).reported) return;
  using following = takeOverRun(deps, runId);
  const { signal } = following;
  const mask = secretMaskOf(deps);
  try {
    await shipRunLog(deps, { runId, mask }, signal);
    const why = ranOn ? ', stopped on its host because the run was over' : '';
    deps.timeline.add(runId, 'exited', { at: end.finishedAt, detail: `exit code ${end.exitCode}${why}` });
    // With the outcome, all is told that may still be told.
    await deps.timeline.drained(runId, signal);
    await reportRun(deps, { runId, end, mask }, signal);
    deps.log.info({ runId, exitCode: end.exitCode }, 'run of which the control plane had not heard reported late');
  } catch (error) {
    signal.throwIfAborted();
    // What it has recorded stands: it had heard how the run ended, or the run is deleted.
    if (!isAppError(error)) throw error;
    deps.log.info({ runId, code: error.code }, 'end of the run not taken');
  }
}
