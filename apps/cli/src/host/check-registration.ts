import { createPublicKey } from 'node:crypto';
import { type ApiClient, AppError, type HostId, isAppError } from '@bigeye/contracts';
import {
  type AgentSettings,
  assertComposeV2,
  assertDockerCli,
  assertEngineAccess,
  findAccountPublicKey,
  type HostHome,
  hostIdentityState,
} from '@bigeye/host-kit';

/** Everything that must be true of this machine before it can be registered. Returns the engine's socket. */
export async function checkMachine(home: HostHome, settings: AgentSettings, hostId: HostId): Promise<string> {
  const known = settings.orchestrator.host_id;
  if (known !== undefined && known !== hostId)
    throw new AppError('HOST_ALREADY_REGISTERED', { hostId: known, file: home.agentFile });
  await assertDockerCli();
  await assertComposeV2();
  return await assertEngineAccess();
}

/** `admin`: a client that carries the key. */
export async function checkPersonalKey(admin: ApiClient): Promise<void> {
  const { user } = await admin.call('getSession').catch((error: unknown) => {
    throw isAppError(error, 'UNAUTHENTICATED') ? new AppError('PERSONAL_KEY_REFUSED', {}, { cause: error }) : error;
  });
  if (user.role !== 'admin') throw new AppError('PERSONAL_KEY_NOT_ADMIN', { role: user.role });
}

/** `agent`: a client that carries the key. */
export async function checkAgentKey(agent: ApiClient): Promise<void> {
  await agent.call('verifyAgentApiKey').catch((error: unknown) => {
    const refused = isAppError(error, 'UNAUTHENTICATED') || isAppError(error, 'FORBIDDEN');
    throw refused ? new AppError('AGENT_KEY_REFUSED', {}, { cause: error }) : error;
  });
}

/** The id is free or ours, and the key in `agent_config/` is the account's. */
export async function checkAccount(
  admin: ApiClient,
  { home, settings, hostId }: { home: HostHome; settings: AgentSettings; hostId: HostId },
): Promise<void> {
  const { items } = await admin.call('listHosts', { query: { hostId, revoked: 'false' } });
  const isTaken = items.length > 0;
  if (isTaken && !isOurs(home, settings, hostId)) throw new AppError('HOST_ID_TAKEN', { hostId });
  const { registered: unheard, online, offline } = (await admin.call('summarizeHosts')).states;
  const others = unheard + online + offline - (isTaken ? 1 : 0);
  const accountKey = findAccountPublicKey(home);
  if (others > 0 && accountKey === undefined)
    throw new AppError('AGENT_CONFIG_MISSING', { hostIds: await listSomeOthers(admin, hostId), count: others });
  if ((others === 0 && !isTaken) || accountKey === undefined) return;
  const registered = await findRegisteredKey(admin);
  if (registered !== undefined && !isSameKey(registered, accountKey)) throw new AppError('ACCOUNT_KEY_MISMATCH', {});
}

async function listSomeOthers(admin: ApiClient, hostId: HostId): Promise<HostId[]> {
  const { items } = await admin.call('listHosts', { query: { revoked: 'false', limit: 4 } });
  return items
    .map(({ id }) => id)
    .filter((id) => id !== hostId)
    .slice(0, 3);
}

/**
 * `agent_config/` is copied from host to host with all that is in it, so a key alone proves nothing: either the settings
 * name this host, or its certificate never came because `register` was cut off here.
 */
function isOurs(home: HostHome, settings: AgentSettings, hostId: HostId): boolean {
  const state = hostIdentityState(home, hostId);
  return state === 'keyed' || (state === 'certified' && settings.orchestrator.host_id === hostId);
}

async function findRegisteredKey(admin: ApiClient): Promise<string | undefined> {
  try {
    return (await admin.call('getAgentPublicKey')).publicKey;
  } catch (error) {
    if (isAppError(error, 'PUBLIC_KEY_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** Two public keys in PEM. */
export function isSameKey(one: string, other: string): boolean {
  try {
    return createPublicKey(one).equals(createPublicKey(other));
  } catch {
    return false;
  }
}
