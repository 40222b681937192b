import type { ContainerEnd, RunId } from '@bigeye/contracts';
import type { ContainerExit } from '@bigeye/host-kit';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';

/**
 * How the run's container ended: as the journal has it, or as the engine has it, which is then written down. Undefined
 * where it goes on, or is not there.
 */
export async function findEnd(deps: HostDeps, runId: RunId): Promise<ContainerEnd | undefined> {
  const { end } = deps.journal.read(runId);
  if (end) return end;
  const container = await findContainerOf(deps, runId);
  return container?.state.phase === 'exited' ? recordEnd(deps, runId, container.state) : undefined;
}

/** The longest that a machine takes from its first stopped container to its restart. */
const shutdownMs = 300_000;

/** SIGKILL and SIGTERM. */
const bySignal = new Set([137, 143]);

/** Writes down how it ended, and why it was stopped, if it was. */
export function recordEnd(
  { journal, boot }: HostDeps,
  runId: RunId,
  { exitCode, outOfMemory, startedAt, finishedAt }: ContainerExit,
): ContainerEnd {
  const { bootId, stopping, stoppingSince, isStopped } = journal.read(runId);
  const wasOver = stoppingSince !== undefined && Date.parse(finishedAt) < Date.parse(stoppingSince);
  // Where nobody heard that the engine stopped it, it may have ended by itself; a signal's exit code says that it did not.
  const stopped = !wasOver && (isStopped || bySignal.has(exitCode)) ? stopping : null;
  const isOtherBoot = bootId !== undefined && boot.id !== undefined && bootId !== boot.id;
  // One that was over long before the restart was not ended by it. An engine that was cut off takes it to be over now.
  const hostRestarted = isOtherBoot && Date.parse(finishedAt) > boot.at.getTime() - shutdownMs;
  const end = { exitCode, outOfMemory, startedAt, finishedAt, stopped, ...(hostRestarted ? { hostRestarted } : {}) };
  journal.append(runId, { step: 'exited', end });
  return end;
}
