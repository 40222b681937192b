import {
  type ApiClient,
  AppError,
  type Host,
  type HostId,
  isAppError,
  type ManagedAgent,
  type RegisterByKeyResponse,
  type Registration,
} from '@bigeye/contracts';
import { type AgentSettings, findAccountPublicKey, type HostHome, loadAgentFile } from '@bigeye/host-kit';
import type { z } from 'zod';
import { checkAccount, checkAgentKey, checkPersonalKey, isSameKey } from './check-registration.ts';
import { ownHostClient } from './own-host-client.ts';

export interface RegistrarRequest {
  hostId: HostId;
  managedAgents: ManagedAgent[];
  certificateRequest: string;
  accountPublicKey: string;
}

/** By whose key this machine becomes a host: an admin's own key, or a registration key. */
export interface Registrar {
  /** As the step that checks them calls them. */
  keys: string;
  /** Both change nothing. */
  checkKeys(): Promise<void>;
  checkHost(here: { home: HostHome; settings: AgentSettings; hostId: HostId }): Promise<void>;
  /** Exchanges public keys and registers. */
  register(request: RegistrarRequest): Promise<RegisterByKeyResponse>;
  /** What the control plane says of the host once it is registered. */
  readHost(hostId: HostId): Promise<Host>;
}

interface Clients {
  /** With the key that the registrar goes by. */
  holder: ApiClient;
  /** With the agent API key, where there is one. */
  agent: ApiClient | undefined;
}

/** An admin's, by their personal API key. */
export function registrarByPersonalKey({ holder: admin, agent }: Clients): Registrar {
  return {
    keys: 'both keys',
    checkKeys: async () => {
      await checkPersonalKey(admin);
      if (agent) await checkAgentKey(agent);
    },
    checkHost: (here) => checkAccount(admin, here),
    register: async ({ accountPublicKey, ...body }) => {
      await admin.call('putAgentPublicKey', { body: { publicKey: accountPublicKey } });
      const { publicKey: bigeyePublicKey } = await admin.call('getBigeyePublicKey');
      return { ...(await admin.call('registerHost', { body })), bigeyePublicKey, agentApiKey: null };
    },
    readHost: (hostId) => admin.call('getHost', { params: { hostId } }),
  };
}

/** A registration key, which an admin made beforehand and which is good for this one registration. */
export function registrarByRegistrationKey({ holder, agent }: Clients, home: HostHome): Registrar {
  const read = () => holder.call('getRegistration').catch(refusedKey);
  return {
    keys: agent ? 'registration key, agent key' : 'registration key',
    checkKeys: async () => {
      await read();
      if (agent) await checkAgentKey(agent);
    },
    checkHost: async (here) => checkRegistration(await read(), here),
    register: (request) =>
      holder
        .call('registerHostByKey', { body: { ...request, wantsAgentApiKey: agent === undefined } })
        .catch(refusedKey),
    // The key is used up; from here on the host speaks for itself.
    readHost: async () => {
      using own = ownHostClient(home, loadAgentFile(home).settings);
      return (await own.call('getOwnHost')).host;
    },
  };
}

/** Whether the refusal means that the key is revoked or unknown. */
function refusedKey(cause: unknown): never {
  if (!isAppError(cause, 'UNAUTHENTICATED')) throw cause;
  throw new AppError('REGISTRATION_KEY_REFUSED', { reason: 'the control plane does not know it' }, { cause });
}

/** The key is for this host id, and the key in `agent_config/` is the account's. */
function checkRegistration(
  { hostId: madeFor, accountPublicKey, otherHost }: z.infer<typeof Registration>,
  { home, hostId }: { home: HostHome; hostId: HostId },
): void {
  if (madeFor !== hostId)
    throw new AppError('REGISTRATION_KEY_REFUSED', { reason: `it was made for "${madeFor}", not for "${hostId}"` });
  if (accountPublicKey === null) return;
  const here = findAccountPublicKey(home);
  if (here === undefined && otherHost) throw new AppError('AGENT_CONFIG_MISSING', { hostIds: [otherHost.id] });
  if (here === undefined || !isSameKey(accountPublicKey, here)) throw new AppError('ACCOUNT_KEY_MISMATCH', {});
}
