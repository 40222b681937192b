import type { ContainerEnd, RunJobInput } from '@bigeye/contracts';
import { followContainer } from './follow-container.ts';
import type { Attempt, HostDeps } from './host-deps.ts';

/** Follows the run's container to its end and report like `followContainer`, but stops it first, as canceled. */
export async function stopContainer(deps: HostDeps, input: RunJobInput, attempt: Attempt): Promise<ContainerEnd> {
  const { end, stopping } = deps.journal.read(input.runId);
  if (!end && stopping === null) deps.journal.append(input.runId, { step: 'stopping', because: 'canceled' });
  return await followContainer(deps, input, attempt);
}
