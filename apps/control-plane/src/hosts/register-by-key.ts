import {
  AppError,
  type HostId,
  type RegisterByKeyRequest,
  type RegisterByKeyResponse,
  type Registration,
} from '@bigeye/contracts';
import type { z } from 'zod';
import type { ApiKeyStore } from '../access/api-key-store.ts';
import { type FoundRegistrationKey, requireOpen } from '../http/caller.ts';
import { type KeyDeps, putAccountKey, requireUsableAccountKey } from './account-keys.ts';
import { admitHost, type RegisterDeps } from './register-host.ts';
import type { RegistrationKeyStore } from './registration-key-store.ts';

export interface RegisterByKeyDeps extends RegisterDeps, KeyDeps {
  apiKeyStore: ApiKeyStore;
  registrationKeyStore: RegistrationKeyStore;
}

/** What the key would do, without using it. Throws REGISTRATION_KEY_REFUSED and HOST_ID_TAKEN. */
export async function readRegistration(
  deps: RegisterByKeyDeps,
  key: FoundRegistrationKey,
): Promise<z.infer<typeof Registration>> {
  requireOpen(key);
  await requireFreeId(deps, key);
  const { current } = await deps.accountKeyStore.findKeys();
  const other = await deps.hostListStore.findLatelyHeardOf(key.hostId);
  const isInUse = other !== undefined || (await deps.hostListStore.findLatelyHeardOf()) !== undefined;
  return {
    hostId: key.hostId,
    expiresAt: key.expiresAt,
    accountPublicKey: isInUse ? (current ?? null) : null,
    otherHost: other ? { id: other.id, state: other.state } : null,
  };
}

/**
 * Registers the host that the key was made for. Whatever can be refused is refused before the key is used up; what fails
 * after that needs a new key. `address`: where the request came from.
 * Throws REGISTRATION_KEY_REFUSED, HOST_ID_TAKEN, PUBLIC_KEY_CONFLICT and INVALID_INPUT.
 */
export async function registerByKey(
  deps: RegisterByKeyDeps,
  key: FoundRegistrationKey,
  request: z.output<typeof RegisterByKeyRequest>,
  address: string,
): Promise<RegisterByKeyResponse> {
  requireOpen(key);
  const { hostId, certificateRequest, accountPublicKey: publicKey, wantsAgentApiKey } = request;
  if (hostId !== key.hostId)
    throw new AppError('REGISTRATION_KEY_REFUSED', { reason: `it was made for "${key.hostId}", not for "${hostId}"` });
  const { authority, registrationKeyStore, apiKeyStore } = deps;
  await requireFreeId(deps, key);
  await requireUsableAccountKey(deps, { publicKey });
  const issued = await authority.issueForHost(hostId, certificateRequest);
  await registrationKeyStore.useKey(key, address);
  await putAccountKey(deps, { publicKey });
  const agentApiKey = wantsAgentApiKey ? await newAgentKeyOf(apiKeyStore, hostId) : null;
  const registered = await admitHost(deps, request, issued);
  return { ...registered, bigeyePublicKey: authority.bigeyePublicKey, agentApiKey };
}

/** Throws HOST_ID_TAKEN where a host is registered that the key may not replace. */
async function requireFreeId({ hostStore }: RegisterByKeyDeps, key: FoundRegistrationKey): Promise<void> {
  if (key.replaces) return;
  const host = await hostStore.findHost(key.hostId);
  if (host && host.state !== 'revoked') throw new AppError('HOST_ID_TAKEN', { hostId: key.hostId });
}

/** One that an earlier machine of that id got is gone with that machine. */
async function newAgentKeyOf(apiKeyStore: ApiKeyStore, hostId: HostId): Promise<string> {
  await apiKeyStore.deleteApiKeysOfHost(hostId);
  const { apiKey } = await apiKeyStore.insertApiKey('agent', {
    name: `host ${hostId}`.slice(0, 128),
    description: `Made when ${hostId} registered; revoking the host deletes it`,
    userId: null,
    hostId,
  });
  return apiKey;
}
