import { randomBytes } from 'node:crypto';
import { AppError, type SessionId, type SessionInfo, type User, type UserId } from '@bigeye/contracts';
import { createSessionId } from '@bigeye/service-kit';
import { type PageQuery, pageByCreation } from '../db/paging.ts';
import type { Db } from '../db/tables.ts';
import { secretHashOf } from './secret-hash.ts';
import { toUser } from './user-store.ts';

const lifetimeMs = 12 * 60 * 60 * 1000;
const longestUserAgent = 256;

export type SessionStore = ReturnType<typeof createSessionStore>;

/** The only SQL about sessions of the UI. Their tokens are stored as hashes. */
export function createSessionStore(db: Db) {
  return {
    async createSession(
      userId: UserId,
      from: { address: string; userAgent: string | undefined },
    ): Promise<{ id: SessionId; token: string; expiresAt: Date }> {
      const token = randomBytes(32).toString('base64url');
      const now = new Date();
      const session = { id: createSessionId(), expires_at: new Date(now.getTime() + lifetimeMs) };
      await db.deleteFrom('sessions').where('expires_at', '<', now).execute();
      await db
        .insertInto('sessions')
        .values({
          ...session,
          hash: secretHashOf(token),
          user_id: userId,
          created_at: now,
          address: from.address,
          user_agent: from.userAgent?.slice(0, longestUserAgent) ?? null,
        })
        .execute();
      return { id: session.id, token, expiresAt: session.expires_at };
    },

    /** Undefined for a session that has ended, and for one of a user who is disabled. */
    async findSession(token: string): Promise<{ id: SessionId; user: User } | undefined> {
      const row = await db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .selectAll('users')
        .select('sessions.id as session_id')
        .where('hash', '=', secretHashOf(token))
        .where('expires_at', '>', new Date())
        .where('disabled_at', 'is', null)
        .executeTakeFirst();
      return row && { id: row.session_id, user: toUser(row) };
    },

    /** Newest first. */
    async listSessions(userId: UserId, currentToken: string | undefined, page: PageQuery) {
      const current = currentToken && secretHashOf(currentToken);
      const open = db
        .selectFrom('sessions')
        .selectAll()
        .where('user_id', '=', userId)
        .where('expires_at', '>', new Date());
      return await pageByCreation(open, page, {
        of: 'sessions',
        to: (row): SessionInfo => ({
          id: row.id,
          createdAt: row.created_at.toISOString(),
          expiresAt: row.expires_at.toISOString(),
          address: row.address,
          userAgent: row.user_agent,
          isCurrent: row.hash === current,
        }),
      });
    },

    async endSession(token: string): Promise<void> {
      await db.deleteFrom('sessions').where('hash', '=', secretHashOf(token)).execute();
    },

    /** Throws SESSION_NOT_FOUND for one that is not this user's. */
    async deleteSession(userId: UserId, id: SessionId): Promise<void> {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      if (numDeletedRows !== 1n) throw new AppError('SESSION_NOT_FOUND', { sessionId: id });
    },
  };
}
