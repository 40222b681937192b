import type { Host, RegistrationKeyInfo } from '@bigeye/contracts';

/**
 * How far the registration of a host has come. `none`: nothing was begun. `gone`: the key was revoked, or replaced by a
 * newer one. `starting`: registered, and not heard of yet.
 */
export type Stage = 'none' | 'gone' | 'expired' | 'void' | 'revoked' | 'waiting' | 'starting' | 'offline' | 'online';

export interface Progress {
  stage: Stage;
  host: Host | undefined;
  key: RegistrationKeyInfo | undefined;
  hasAgent: boolean;
  /** `postgres: shop`. */
  connections: string[];
}

interface Known {
  host: Host | null | undefined;
  /** The newest one for the host. */
  key: RegistrationKeyInfo | null | undefined;
  /** The key that this page made. */
  made?: RegistrationKeyInfo | undefined;
}

export function progressOf({ host: found, key: newest, made }: Known): Progress {
  const host = found ?? undefined;
  const key = newest ?? undefined;
  const stage = stageOf(host, key, made);
  const isIn = isRegistered(stage);
  const agents = (isIn && host?.managedAgents) || [];
  return {
    stage,
    host,
    key,
    hasAgent: agents.length > 0,
    connections: agents.flatMap(({ connections }) => connections.map(({ connector, name }) => `${connector}: ${name}`)),
  };
}

export const isRegistered = (stage: Stage): boolean => ['starting', 'offline', 'online'].includes(stage);

function stageOf(
  host: Host | undefined,
  key: RegistrationKeyInfo | undefined,
  made: RegistrationKeyInfo | undefined,
): Stage {
  if (made && made.id !== key?.id) return 'gone';
  if (key && key.state !== 'used') return key.state === 'open' ? 'waiting' : key.state;
  if (!host) return 'none';
  if (host.state === 'revoked') return 'revoked';
  // What was heard before belongs to the machine that was here before.
  const heardOfNew = host.lastSeenAt !== null && (!key?.usedAt || host.lastSeenAt > key.usedAt);
  if (!heardOfNew || host.state === 'registered') return 'starting';
  return host.state;
}

/** The first line of the page. */
export function answerOf(hostId: string, { stage, key, hasAgent, connections }: Progress): string {
  switch (stage) {
    case 'none':
      return 'Register a host';
    case 'gone':
      return `The key for ${hostId} was revoked, or replaced by a newer one.`;
    case 'expired':
      return `The key for ${hostId} was not used within an hour, and has ended.`;
    case 'void':
      return `The key for ${hostId} has ended: ${key?.createdBy ?? 'its maker'} is no admin any more.`;
    case 'revoked':
      return `${hostId} is revoked. Registering it lets it in again.`;
    case 'waiting':
      return `Waiting for ${hostId} …`;
    case 'starting':
      return `${hostId} is registered. Waiting for its first word …`;
    case 'offline':
      return `${hostId} was online, and has been silent since.`;
    case 'online':
      if (!hasAgent) return `${hostId} is online. It needs an agent.`;
      return connections.length > 0 ? `${hostId} is ready to run jobs.` : `${hostId} is online. It needs a connection.`;
  }
}
