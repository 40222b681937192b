import type { RunId } from '@bigeye/contracts';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';
import { findEnd } from './run-end.ts';
import { secretMaskOf, shipRunLog } from './ship-run-log.ts';
import { takeOverRun } from './take-over-run.ts';

/**
 * What an orchestrator does for the runs it finds, before Temporal hands their activities out again: the log of one that
 * runs goes on at once, and how one ended meanwhile is written down before anyone can remove its container.
 */
export async function recoverRuns(deps: HostDeps): Promise<void> {
  for (const runId of deps.journal.listRunIds()) {
    if (deps.journal.read(runId).end) continue;
    try {
      const end = await findEnd(deps, runId);
      if (end) deps.log.info({ runId, exitCode: end.exitCode }, 'run had ended while the orchestrator was away');
      else if ((await findContainerOf(deps, runId))?.state.phase === 'running') void resumeLog(deps, runId);
    } catch (error) {
      deps.log.warn({ runId, err: error }, 'run not recovered yet');
    }
  }
}

/** Until the log ends, or the attempt that follows the run takes over. */
async function resumeLog(deps: HostDeps, runId: RunId): Promise<void> {
  using following = takeOverRun(deps, runId);
  try {
    deps.log.info({ runId }, 'run goes on, log resumed');
    await shipRunLog(deps, { runId, mask: secretMaskOf(deps) }, following.signal);
  } catch (error) {
    if (!following.signal.aborted) deps.log.warn({ runId, err: error }, 'log not resumed');
  }
}
