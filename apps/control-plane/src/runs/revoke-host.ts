import type { HostId, RunId } from '@bigeye/contracts';
import { type LockOutDeps, lockOutHost } from '../hosts/lock-out-host.ts';
import type { RunDispatcher } from './run-dispatcher.ts';
import type { RunStore } from './run-store.ts';

export interface RevokeDeps extends LockOutDeps {
  runStore: RunStore;
  dispatcher: RunDispatcher;
}

/**
 * Locks a host out and ends its active runs as failed, because nothing will be heard of them any more. Where this process
 * dies in between, the sweep of the runs ends them. Safe to repeat. Throws HOST_NOT_FOUND.
 */
export async function revokeHost(deps: RevokeDeps, hostId: HostId): Promise<void> {
  await lockOutHost(deps, hostId);
  for (const runId of await deps.runStore.listActiveIdsOfHost(hostId)) await endRevoked(deps, runId, hostId);
}

/** Of one run whose host was revoked: the end is recorded first, and then its workflow let go. */
export async function endRevoked(
  { runStore, dispatcher }: Pick<RevokeDeps, 'runStore' | 'dispatcher'>,
  runId: RunId,
  hostId: HostId,
): Promise<void> {
  const failure = { code: 'HOST_REVOKED', details: { hostId } } as const;
  await runStore.recordStatus({ runId, status: 'failed', exit: null, failure });
  await dispatcher.abandon(runId);
}
