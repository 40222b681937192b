import {
  type ApiKeyId,
  type ApiKeyInfo,
  type ApiKeySummary,
  AppError,
  type HostId,
  type User,
  type UserId,
} from '@bigeye/contracts';
import { createApiKeyId, randomText } from '@bigeye/service-kit';
import { type ExpressionBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { countWhere } from '../db/count-where.ts';
import { type PageQuery, pageByCreation } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';
import { secretHashOf } from './secret-hash.ts';
import { toUser } from './user-store.ts';

const lastUseEveryMs = 60_000;
const prefixes = { personal: 'bigeye_pak_', agent: 'bigeye_agent_' } as const;

type KeyCount = ApiKeySummary['personal'];

export type KeyOwner =
  | { kind: 'agent'; keyId: ApiKeyId; keyName: string }
  | { kind: 'user'; keyId: ApiKeyId; user: User };

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;

/** The only SQL about API keys, which are stored as hashes. */
export function createApiKeyStore(db: Db) {
  const selectKeys = (kind: 'personal' | 'agent') => db.selectFrom('api_keys').where('kind', '=', kind);
  return {
    /** Creates a key; the answer holds its value for the only time. Throws USER_NOT_FOUND. */
    async insertApiKey(
      kind: 'personal' | 'agent',
      input: { name: string; description: string; userId: UserId | null; hostId?: HostId; expiresAt?: Date },
    ): Promise<{ apiKey: string; info: ApiKeyInfo }> {
      const { userId } = input;
      const apiKey = prefixes[kind] + randomText(50);
      const row = {
        id: createApiKeyId(),
        kind,
        user_id: userId,
        name: input.name,
        description: input.description,
        hash: secretHashOf(apiKey),
        created_at: new Date(),
        last_used_at: null,
        last_used_ip: null,
        expires_at: input.expiresAt ?? null,
        host_id: input.hostId ?? null,
      };
      await db.transaction().execute(async (tx) => {
        // Held until the key is there: a user who is being deleted must not leave one behind, nor fail us on the way.
        if (userId !== null) {
          const user = await tx.selectFrom('users').select('id').where('id', '=', userId).forShare().executeTakeFirst();
          if (!user) throw new AppError('USER_NOT_FOUND', { userId });
        }
        await tx.insertInto('api_keys').values(row).execute();
      });
      return { apiKey, info: toInfo(row) };
    },

    /** Newest first. */
    async listAgentApiKeys(page: PageQuery) {
      return await pageByCreation(selectKeys('agent').selectAll(), page, { of: 'api_keys', to: toInfo });
    },

    /** Newest first. */
    async listPersonalApiKeys({ userId, ...page }: PageQuery & { userId: UserId }) {
      const keys = selectKeys('personal').where('user_id', '=', userId).selectAll();
      return await pageByCreation(keys, page, { of: 'api_keys', to: toInfo });
    },

    async countAgentApiKeys(): Promise<KeyCount> {
      return await countKeys(selectKeys('agent'));
    },

    async countPersonalApiKeys(userId: UserId): Promise<KeyCount> {
      return await countKeys(selectKeys('personal').where('user_id', '=', userId));
    },

    /** `userId`: only where it is that user's. Throws API_KEY_NOT_FOUND. */
    async deleteApiKey(kind: 'personal' | 'agent', id: ApiKeyId, userId?: UserId): Promise<void> {
      let query = db.deleteFrom('api_keys').where('id', '=', id).where('kind', '=', kind);
      if (userId !== undefined) query = query.where('user_id', '=', userId);
      const { numDeletedRows } = await query.executeTakeFirst();
      if (numDeletedRows !== 1n) throw new AppError('API_KEY_NOT_FOUND', { apiKeyId: id });
    },

    /** Those that the host got when it registered; others it may share. */
    async deleteApiKeysOfHost(hostId: HostId): Promise<void> {
      await db.deleteFrom('api_keys').where('kind', '=', 'agent').where('host_id', '=', hostId).execute();
    },

    /** The key is good until it is deleted. Throws API_KEY_NOT_FOUND for one that is not this user's, or ended. */
    async keepApiKey(id: ApiKeyId, userId: UserId): Promise<void> {
      const { numUpdatedRows } = await db
        .updateTable('api_keys')
        .set({ expires_at: null })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where(isGood)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) throw new AppError('API_KEY_NOT_FOUND', { apiKeyId: id });
    },

    /** Whose key it is; records its use, at most once a minute. Undefined for one that ended, or of a disabled user. */
    async findKeyOwner(apiKey: string, address: string): Promise<KeyOwner | undefined> {
      const key = await db
        .selectFrom('api_keys')
        .leftJoin('users', (join) =>
          join.onRef('users.id', '=', 'api_keys.user_id').on('users.disabled_at', 'is', null),
        )
        .selectAll('users')
        .select(['api_keys.id as key_id', 'api_keys.name as key_name', 'kind', 'last_used_at'])
        .where('hash', '=', secretHashOf(apiKey))
        .where(isGood)
        .executeTakeFirst();
      if (!key || (key.kind === 'personal' && key.id === null)) return undefined;
      if (Date.now() - (key.last_used_at?.getTime() ?? 0) > lastUseEveryMs)
        await db
          .updateTable('api_keys')
          .set({ last_used_at: new Date(), last_used_ip: address })
          .where('id', '=', key.key_id)
          .execute();
      if (key.kind === 'agent') return { kind: 'agent', keyId: key.key_id, keyName: key.key_name };
      // The join found a user, so all its columns are there.
      return { kind: 'user', keyId: key.key_id, user: toUser(key as Selectable<Tables['users']>) };
    },
  };
}

type SelectKeys = SelectQueryBuilder<Tables, 'api_keys', object>;

async function countKeys(select: SelectKeys): Promise<KeyCount> {
  return await select
    .select([sql<number>`count(*)::int`.as('keys'), countWhere(sql`last_used_at is null`).as('neverUsed')])
    .executeTakeFirstOrThrow();
}

const isGood = ({ eb, or }: ExpressionBuilder<Tables, 'api_keys'>) =>
  or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', new Date())]);

const toInfo = (row: Selectable<Tables['api_keys']>): ApiKeyInfo => ({
  id: row.id,
  name: row.name,
  description: row.description,
  type: row.kind === 'agent' ? 'AGENT_API_KEY_TYPE_AGENT' : 'PERSONAL_API_KEY',
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  lastUsedIp: row.last_used_ip,
  expiresAt: row.expires_at?.toISOString() ?? null,
});
