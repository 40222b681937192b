import type { HostId } from '@bigeye/contracts';
import type { RunDispatcher } from '../runs/run-dispatcher.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { HostStore } from './host-store.ts';

export interface RevokeDeps {
  hostStore: HostStore;
  runStore: RunStore;
  dispatcher: RunDispatcher;
}

/**
 * Locks a host out: its certificate is refused from the next request on, its connections are closed, and its active runs
 * end as failed, because nothing will be heard of them any more. Safe to repeat. Throws HOST_NOT_FOUND.
 */
export async function revokeHost({ hostStore, runStore, dispatcher }: RevokeDeps, hostId: HostId): Promise<void> {
  await hostStore.getHost(hostId);
  await hostStore.revokeHost(hostId);
  for (const runId of await runStore.listActiveIdsOfHost(hostId)) {
    const failure = { code: 'HOST_REVOKED', details: { hostId } } as const;
    await runStore.recordStatus({ runId, status: 'failed', exit: null, failure });
    await dispatcher.abandon(runId);
  }
}
