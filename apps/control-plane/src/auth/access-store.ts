import { createHash, randomBytes } from 'node:crypto';
import { type ApiKeyInfo, AppError, type Role, type User, type UserId } from '@bigeye/contracts';
import { createApiKeyId, createUserId, randomText } from '@bigeye/service-kit';
import type { Selectable } from 'kysely';
import type { Db, Tables } from '../db/tables.ts';

const sessionLifetimeMs = 12 * 60 * 60 * 1000;
const lastUseEveryMs = 60_000;

/** 256 bits of randomness need no slow hash: nobody guesses them. */
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
const prefixes = { personal: 'bigeye_pak_', agent: 'bigeye_agent_' } as const;

export type AccessStore = ReturnType<typeof createAccessStore>;

/** The only SQL about users, API keys and sessions. Keys and session tokens are stored as hashes. */
export function createAccessStore(db: Db) {
  return {
    async countUsers(): Promise<number> {
      const { n } = await db
        .selectFrom('users')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    async listUsers(): Promise<User[]> {
      return (await db.selectFrom('users').selectAll().orderBy('created_at').execute()).map(toUser);
    },

    async insertUser(input: { email: string; name: string; role: Role }): Promise<User> {
      const row = { id: createUserId(), ...input, created_at: new Date() };
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('users')
        .values(row)
        .onConflict((conflict) => conflict.column('email').doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows !== 1n)
        throw new AppError('INVALID_INPUT', { issues: [{ path: 'email', message: 'another user has this address' }] });
      return toUser(row);
    },

    /** Creates a key; the answer holds its value for the only time. */
    async insertApiKey(
      kind: 'personal' | 'agent',
      input: { name: string; description: string; userId: UserId | null },
    ): Promise<{ apiKey: string; info: ApiKeyInfo }> {
      const apiKey = prefixes[kind] + randomText(50);
      const row = {
        id: createApiKeyId(),
        kind,
        user_id: input.userId,
        name: input.name,
        description: input.description,
        hash: hashOf(apiKey),
        created_at: new Date(),
        last_used_at: null,
        last_used_ip: null,
      };
      await db.insertInto('api_keys').values(row).execute();
      return { apiKey, info: toInfo(row) };
    },

    async listAgentApiKeys(): Promise<ApiKeyInfo[]> {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('kind', '=', 'agent')
        .orderBy('created_at', 'desc')
        .execute();
      return rows.map(toInfo);
    },

    /** Whose key it is; records its use, at most once a minute. */
    async findKeyOwner(
      apiKey: string,
      address: string,
    ): Promise<{ kind: 'agent' } | { kind: 'user'; user: User } | undefined> {
      const key = await db
        .selectFrom('api_keys')
        .leftJoin('users', 'users.id', 'api_keys.user_id')
        .select(['api_keys.id', 'kind', 'last_used_at', 'user_id', 'email', 'users.name', 'role', 'users.created_at'])
        .where('hash', '=', hashOf(apiKey))
        .executeTakeFirst();
      if (!key) return undefined;
      if (Date.now() - (key.last_used_at?.getTime() ?? 0) > lastUseEveryMs)
        await db
          .updateTable('api_keys')
          .set({ last_used_at: new Date(), last_used_ip: address })
          .where('id', '=', key.id)
          .execute();
      if (key.kind === 'agent') return { kind: 'agent' };
      const { user_id: id, email, name, role, created_at } = key;
      if (!id || !email || !name || !role || !created_at) return undefined;
      return { kind: 'user', user: toUser({ id, email, name, role, created_at }) };
    },

    async createSession(userId: UserId): Promise<{ token: string; expiresAt: Date }> {
      const token = randomBytes(32).toString('base64url');
      const now = Date.now();
      const expiresAt = new Date(now + sessionLifetimeMs);
      await db.deleteFrom('sessions').where('expires_at', '<', new Date(now)).execute();
      await db
        .insertInto('sessions')
        .values({ hash: hashOf(token), user_id: userId, created_at: new Date(now), expires_at: expiresAt })
        .execute();
      return { token, expiresAt };
    },

    async findSessionUser(token: string): Promise<User | undefined> {
      const row = await db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .selectAll('users')
        .where('hash', '=', hashOf(token))
        .where('expires_at', '>', new Date())
        .executeTakeFirst();
      return row && toUser(row);
    },

    async deleteSession(token: string): Promise<void> {
      await db.deleteFrom('sessions').where('hash', '=', hashOf(token)).execute();
    },
  };
}

const toUser = (row: Selectable<Tables['users']>): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.created_at.toISOString(),
});

const toInfo = (row: Selectable<Tables['api_keys']>): ApiKeyInfo => ({
  id: row.id,
  name: row.name,
  description: row.description,
  type: row.kind === 'agent' ? 'AGENT_API_KEY_TYPE_AGENT' : 'PERSONAL_API_KEY',
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  lastUsedIp: row.last_used_ip,
});
