import type { User } from '@bigeye/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestNote } from '../http/request-watch.ts';
import { sessionTokenOf, setSessionCookie } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';

/** A new session at each sign-in: one that somebody else put into this browser ends. */
export async function openSession(
  { sessionStore }: { sessionStore: SessionStore },
  user: User,
  { request, reply, note }: { request: FastifyRequest; reply: FastifyReply; note: RequestNote },
): Promise<User> {
  const before = sessionTokenOf(request);
  if (before) await sessionStore.endSession(before);
  const from = { address: request.ip, userAgent: request.headers['user-agent'] };
  const { id, token, expiresAt } = await sessionStore.createSession(user.id, from);
  setSessionCookie(request, reply, token, expiresAt);
  note.caller = { kind: 'user', user, credential: id };
  return user;
}
