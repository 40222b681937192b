import type { RunId, RunJobInput, StartedOnHost } from '@bigeye/contracts';
import { cleanUpRun } from './clean-up-run.ts';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';
import { recordStart } from './run-start.ts';

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
  if (begun) return { startedAt: recordStart(deps, runId, begun) };
  // An engine that is away keeps nobody waiting here.
  await cleanUpRun(deps, runId);
  return null;
}

/** Of a start that was tried: the engine may be about to begin, so a container that has not begun is removed first. */
async function findBegun(deps: HostDeps, runId: RunId) {
  const container = await findContainerOf(deps, runId);
  if (!container) return undefined;
  if (container.state.phase !== 'created') return { id: container.id, startedAt: container.state.startedAt };
  await deps.runner.remove(container.name);
  return undefined;
}
