import type { RunId } from '@bigeye/contracts';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';

/** Removes the run's container and gives its slot back. What cannot be removed now is left to the reaper. */
export async function cleanUpRun(deps: HostDeps, runId: RunId): Promise<void> {
  try {
    const container = await findContainerOf(deps, runId);
    if (container) await deps.runner.remove(container.name);
    await deps.slots.release(runId);
  } catch (error) {
    deps.log.warn({ runId, err: error }, 'run not cleaned up yet');
  }
}
