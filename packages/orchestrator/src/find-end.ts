import { type ContainerEnd, containerNameOf, type RunId } from '@bigeye/contracts';
import type { HostDeps } from './host-deps.ts';

/**
 * How the run's container ended: as the journal has it, or as the engine has it, which is then written down. Undefined
 * where it goes on, or is not there.
 */
export async function findEnd(deps: HostDeps, runId: RunId): Promise<ContainerEnd | undefined> {
  const { end, stopping } = deps.journal.read(runId);
  if (end) return end;
  const container = await deps.runner.findContainer(containerNameOf(runId));
  if (container?.runId !== runId || container.state.phase !== 'exited') return undefined;
  const { exitCode, outOfMemory, startedAt, finishedAt } = container.state;
  const found = { exitCode, outOfMemory, startedAt, finishedAt, stopped: stopping };
  deps.journal.append(runId, { step: 'exited', end: found });
  return found;
}
