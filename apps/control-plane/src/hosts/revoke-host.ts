import type { HostId } from '@bigeye/contracts';
import type { ApiKeyStore } from '../access/api-key-store.ts';
import type { RunDispatcher } from '../runs/run-dispatcher.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { HostStore } from './host-store.ts';
import type { RegistrationKeyStore } from './registration-key-store.ts';

export interface RevokeDeps {
  hostStore: HostStore;
  apiKeyStore: ApiKeyStore;
  registrationKeyStore: RegistrationKeyStore;
  runStore: RunStore;
  dispatcher: RunDispatcher;
}

/**
 * Locks a host out: its certificate is refused from the next request on, its connections are closed, and its active runs
 * end as failed, because nothing will be heard of them any more. A registration key that would let it in again and the
 * agent API key that it got when it registered end too. Safe to repeat. Throws HOST_NOT_FOUND.
 */
export async function revokeHost(deps: RevokeDeps, hostId: HostId): Promise<void> {
  const { hostStore, apiKeyStore, registrationKeyStore, runStore, dispatcher } = deps;
  await hostStore.getHost(hostId);
  await registrationKeyStore.deleteUnusedKeyOf(hostId);
  await hostStore.revokeHost(hostId);
  await apiKeyStore.deleteApiKeysOfHost(hostId);
  for (const runId of await runStore.listActiveIdsOfHost(hostId)) {
    const failure = { code: 'HOST_REVOKED', details: { hostId } } as const;
    await runStore.recordStatus({ runId, status: 'failed', exit: null, failure });
    await dispatcher.abandon(runId);
  }
}
