import type { ContainerEnd, RunJobInput } from '@bigeye/contracts';
import { followContainer } from './follow-container.ts';
import type { Attempt, HostDeps } from './host-deps.ts';

/**
 * Follows the run's container to its end and report like an attempt that was canceled: it is stopped, unless it has ended
 * by itself before.
 */
export async function stopContainer(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<ContainerEnd> {
  return await followContainer(deps, input, { ...attempt, isCanceled: () => true });
}
