import type { RunId, RunJobInput, StartedOnHost } from '@bigeye/contracts';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';

/**
 * Says whether a container of the run ever started here. Where none did, none will: that is in the journal before
 * anything is looked at, and `startContainer` reads it last thing before it starts one.
 */
export async function settleStart(deps: HostDeps, { runId }: RunJobInput): Promise<StartedOnHost> {
  deps.journal.append(runId, { step: 'settled' });
  const { starting, end, ...known } = deps.journal.read(runId);
  const startedAt = end?.startedAt ?? known.startedAt;
  if (startedAt !== undefined) return { startedAt };
  const begun = starting ? await findBegun(deps, runId) : undefined;
  if (begun) {
    deps.journal.append(runId, { step: 'started', ...begun });
    return { startedAt: begun.startedAt };
  }
  await cleanUp(deps, runId);
  return null;
}

/** Of a start that was tried: the engine may be about to begin, so a container that has not begun is removed first. */
async function findBegun(deps: HostDeps, runId: RunId) {
  const container = await findContainerOf(deps, runId);
  if (!container) return undefined;
  if (container.state.phase !== 'created') return { containerId: container.id, startedAt: container.state.startedAt };
  await deps.runner.remove(container.name);
  return undefined;
}

/** An engine that is away keeps nobody waiting here: what is left is the reaper's. */
async function cleanUp(deps: HostDeps, runId: RunId): Promise<void> {
  try {
    const container = await findContainerOf(deps, runId);
    if (container) await deps.runner.remove(container.name);
    await deps.slots.release(runId);
  } catch (error) {
    deps.log.warn({ runId, err: error }, 'run not cleaned up yet');
  }
}
