import { containerNameOf, type RunId } from '@bigeye/contracts';
import type { Container } from '@bigeye/host-kit';
import type { HostDeps } from './host-deps.ts';

/** The run's own container; another one that has its name is none. */
export async function findContainerOf(deps: HostDeps, runId: RunId): Promise<Container | undefined> {
  const container = await deps.runner.findContainer(containerNameOf(runId));
  return container?.runId === runId ? container : undefined;
}
