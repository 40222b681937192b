import type { HostId } from '@bigeye/contracts';
import type { ApiKeyStore } from '../access/api-key-store.ts';
import type { HostStore } from './host-store.ts';
import type { RegistrationKeyStore } from './registration-key-store.ts';

export interface LockOutDeps {
  hostStore: HostStore;
  apiKeyStore: ApiKeyStore;
  registrationKeyStore: RegistrationKeyStore;
}

/**
 * Locks a host out: its certificate is refused from the next request on, and its connections are closed. A registration
 * key that would let it in again and the agent API key that it got when it registered end too. What becomes of its runs
 * is for `runs/revoke-host.ts`. Safe to repeat. Throws HOST_NOT_FOUND.
 */
export async function lockOutHost(
  { hostStore, apiKeyStore, registrationKeyStore }: LockOutDeps,
  hostId: HostId,
): Promise<void> {
  await hostStore.getHost(hostId);
  await registrationKeyStore.deleteUnusedKeyOf(hostId);
  await hostStore.revokeHost(hostId);
  await apiKeyStore.deleteApiKeysOfHost(hostId);
}
