import { AppError } from '@bigeye/contracts';
import type { FastifyRequest } from 'fastify';
import type { AccessStore } from '../auth/access-store.ts';
import type { Caller } from '../auth/caller.ts';
import { sessionTokenOf } from './session-cookie.ts';

/**
 * Who sent the request: by `Authorization: apikey <key>`, by Basic (the key as password), or by the session cookie of
 * the UI. Undefined when nothing was sent. Throws UNAUTHENTICATED for what was sent and is not valid.
 */
export function createAuthenticate(accessStore: AccessStore) {
  return async (request: FastifyRequest): Promise<Caller | undefined> => {
    const key = apiKeyOf(request.headers.authorization);
    if (key !== undefined) {
      const owner = await accessStore.findKeyOwner(key, request.ip);
      if (!owner) throw new AppError('UNAUTHENTICATED', {});
      return owner;
    }
    const token = sessionTokenOf(request);
    if (token === undefined || !isSameOrigin(request)) return undefined;
    const user = await accessStore.findSessionUser(token);
    return user && { kind: 'user', user };
  };
}

function apiKeyOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [scheme = '', value = ''] = header.split(/ +/, 2);
  if (/^apikey$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme)) return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
  throw new AppError('UNAUTHENTICATED', {});
}

/** A cookie alone proves nothing about a request that another site made the browser send. */
function isSameOrigin(request: FastifyRequest): boolean {
  if (request.method === 'GET') return true;
  const { origin, host } = request.headers;
  return origin === undefined || URL.parse(origin)?.host === host;
}
