import { containerNameOf } from '@bigeye/contracts';
import type { HostDeps } from './host-deps.ts';

/**
 * Writes down how containers ended that ended while no orchestrator was there, before anyone can remove them. Their runs
 * are reported when Temporal hands the activity out again.
 */
export async function recoverRuns(deps: HostDeps): Promise<void> {
  for (const runId of deps.journal.listRunIds()) {
    const known = deps.journal.read(runId);
    if (known.end) continue;
    try {
      const container = await deps.runner.findContainer(containerNameOf(runId));
      if (container?.runId !== runId || container.state.phase !== 'exited') continue;
      const { exitCode, outOfMemory, startedAt, finishedAt } = container.state;
      const end = { exitCode, outOfMemory, startedAt, finishedAt, stopped: known.stopping };
      deps.journal.append(runId, { step: 'exited', end });
      deps.log.info({ runId, exitCode }, 'run had ended while the orchestrator was away');
    } catch (error) {
      deps.log.warn({ runId, err: error }, 'run not recovered yet');
    }
  }
}
