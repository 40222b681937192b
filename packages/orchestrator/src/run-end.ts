import type { ContainerEnd, RunId } from '@bigeye/contracts';
import type { ContainerExit } from '@bigeye/host-kit';
import { findContainerOf } from './find-container.ts';
import type { HostDeps } from './host-deps.ts';

/**
 * How the run's container ended: as the journal has it, or as the engine has it, which is then written down. Undefined
 * where it goes on, or is not there.
 */
export async function findEnd(deps: HostDeps, runId: RunId): Promise<ContainerEnd | undefined> {
  const { end, stopping } = deps.journal.read(runId);
  if (end) return end;
  const container = await findContainerOf(deps, runId);
  return container?.state.phase === 'exited' ? recordEnd(deps, runId, container.state, stopping) : undefined;
}

/** Writes down how it ended, and why it was stopped, if it was. */
export function recordEnd(
  { journal }: HostDeps,
  runId: RunId,
  { exitCode, outOfMemory, startedAt, finishedAt }: ContainerExit,
  stopped: ContainerEnd['stopped'],
): ContainerEnd {
  const end = { exitCode, outOfMemory, startedAt, finishedAt, stopped };
  journal.append(runId, { step: 'exited', end });
  return end;
}
