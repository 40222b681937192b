import { AppError } from '@bigeye/contracts';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../http/caller.ts';
import type { ApiKeyStore } from './api-key-store.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import { sessionTokenOf } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';

/** Keys that are known by how they begin. */
export interface KeyKind {
  prefix: string;
  findCaller(key: string): Promise<Caller | undefined>;
}

/**
 * Who sent the request: by `Authorization: apikey <key>`, by Basic (the key as password), or by the session cookie of
 * the UI. Undefined when nothing was sent. Throws UNAUTHENTICATED for what was sent and is not valid, and
 * TOO_MANY_ATTEMPTS for an address that does so again and again.
 */
export function createAuthenticate({
  apiKeyStore,
  otherKeys,
  sessionStore,
  attemptLimits,
  mayComeFromElsewhere,
}: {
  apiKeyStore: ApiKeyStore;
  /** Kinds of keys that other parts of the product give out. */
  otherKeys: KeyKind[];
  sessionStore: SessionStore;
  attemptLimits: AttemptLimits;
  /** Whether a page of another origin may send this request with the session cookie. */
  mayComeFromElsewhere: (request: FastifyRequest) => boolean;
}) {
  const callerOf = async (key: string, address: string): Promise<Caller | undefined> => {
    const other = otherKeys.find(({ prefix }) => key.startsWith(prefix));
    if (other) return await other.findCaller(key);
    const owner = await apiKeyStore.findKeyOwner(key, address);
    return owner?.kind === 'user' ? { kind: 'user', user: owner.user, credential: owner.keyId } : owner;
  };
  return async (request: FastifyRequest): Promise<Caller | undefined> => {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const key = apiKeyOf(authorization);
      const caller = key ? await callerOf(key, request.ip) : undefined;
      if (!caller) {
        await attemptLimits.recordBadKey(request.ip);
        throw new AppError('UNAUTHENTICATED', {});
      }
      return caller;
    }
    const token = sessionTokenOf(request);
    if (token === undefined) return undefined;
    if (!isSameOrigin(request) && !mayComeFromElsewhere(request)) return undefined;
    const session = await sessionStore.findSession(token);
    return session && { kind: 'user', user: session.user, credential: session.id };
  };
}

function apiKeyOf(header: string): string | undefined {
  const [scheme = '', value = ''] = header.split(/ +/, 2);
  if (/^apikey$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme)) return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
  return undefined;
}

/** A cookie alone proves nothing about a request that another site made the browser send. */
function isSameOrigin(request: FastifyRequest): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return true;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || URL.parse(origin)?.host === request.host;
}
