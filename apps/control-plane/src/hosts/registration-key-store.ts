import {
  AppError,
  type HostId,
  type RegistrationKeyInfo,
  type RegistrationKeyState,
  registrationKeyLifetimeMs,
  type UserId,
} from '@bigeye/contracts';
import { createRegistrationKeyId, randomText } from '@bigeye/service-kit';
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { KeyKind } from '../access/authenticate.ts';
import { secretHashOf } from '../access/secret-hash.ts';
import { type PageQuery, pageByCreation } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';
import { type FoundRegistrationKey, requireOpen } from '../http/caller.ts';

/** How a registration key begins, which no other kind of key does. */
const registrationKeyPrefix = 'bigeye_reg_';

export type RegistrationKeyStore = ReturnType<typeof createRegistrationKeyStore>;

export interface RegistrationKeyQuery extends PageQuery {
  hostId?: HostId | undefined;
  state?: RegistrationKeyState | undefined;
}

/** The only SQL about registration keys, which are stored as hashes. */
export function createRegistrationKeyStore(db: Db) {
  const selectKeys = (on: Db = db) =>
    on
      .selectFrom('registration_keys')
      .innerJoin('users', 'users.id', 'registration_keys.user_id')
      .selectAll('registration_keys')
      .select(['users.email', 'users.role', 'users.disabled_at']);

  const store = {
    /** Makes a key in place of an older one for the host; the answer holds its value for the only time. */
    async createKey(input: {
      hostId: HostId;
      replaces: boolean;
      userId: UserId;
    }): Promise<{ registrationKey: string; info: RegistrationKeyInfo }> {
      const registrationKey = registrationKeyPrefix + randomText(50);
      const now = new Date();
      const fresh = {
        id: createRegistrationKeyId(),
        hash: secretHashOf(registrationKey),
        replaces: input.replaces,
        user_id: input.userId,
        created_at: now,
        expires_at: new Date(now.getTime() + registrationKeyLifetimeMs),
        used_at: null,
        used_from: null,
      };
      const row = await db.transaction().execute(async (tx) => {
        // Held until the key is there: a user who is being deleted must not fail us on the way.
        const user = await tx
          .selectFrom('users')
          .select('id')
          .where('id', '=', input.userId)
          .forShare()
          .executeTakeFirst();
        if (!user) throw new AppError('USER_NOT_FOUND', { userId: input.userId });
        await tx
          .insertInto('registration_keys')
          .values({ ...fresh, host_id: input.hostId })
          .onConflict((conflict) => conflict.column('host_id').doUpdateSet(fresh))
          .execute();
        return await selectKeys(tx).where('host_id', '=', input.hostId).executeTakeFirstOrThrow();
      });
      return { registrationKey, info: toInfo(row) };
    },

    /** Newest first. */
    async listKeys({ hostId, state, ...page }: RegistrationKeyQuery) {
      let keys = selectKeys();
      if (hostId) keys = keys.where('host_id', '=', hostId);
      if (state) keys = keys.where(stateIn(new Date()), '=', state);
      return await pageByCreation(keys, page, { of: 'registration_keys', to: toInfo });
    },

    /** Throws REGISTRATION_KEY_NOT_FOUND. */
    async deleteKey(id: RegistrationKeyInfo['id']): Promise<void> {
      const { numDeletedRows } = await db.deleteFrom('registration_keys').where('id', '=', id).executeTakeFirst();
      if (numDeletedRows !== 1n) throw new AppError('REGISTRATION_KEY_NOT_FOUND', { registrationKeyId: id });
    },

    /** Whoever locks a host out means the keys that would let it in again, too. */
    async deleteUnusedKeyOf(hostId: HostId): Promise<void> {
      await db.deleteFrom('registration_keys').where('host_id', '=', hostId).where('used_at', 'is', null).execute();
    },

    /** Also one that is no longer open. */
    async findByValue(registrationKey: string): Promise<FoundRegistrationKey | undefined> {
      const row = await selectKeys().where('hash', '=', secretHashOf(registrationKey)).executeTakeFirst();
      return row && toInfo(row);
    },

    /**
     * Uses the key up, in one statement that finds it open and its host id free: of two that come at once, one gets it.
     * Throws REGISTRATION_KEY_REFUSED and HOST_ID_TAKEN.
     */
    async useKey({ id, hostId }: FoundRegistrationKey, address: string): Promise<void> {
      const now = new Date();
      const { numUpdatedRows } = await db
        .updateTable('registration_keys')
        .set({ used_at: now, used_from: address })
        .where('id', '=', id)
        .where('used_at', 'is', null)
        .where('expires_at', '>', now)
        .where(madeByAnAdmin)
        .where(mayHaveItsHost)
        .executeTakeFirst();
      if (numUpdatedRows === 1n) return;
      const row = await selectKeys().where('registration_keys.id', '=', id).executeTakeFirst();
      if (!row) throw new AppError('REGISTRATION_KEY_REFUSED', { reason: 'it was revoked' });
      requireOpen(toInfo(row));
      throw new AppError('HOST_ID_TAKEN', { hostId });
    },
  };
  return store;
}

type Building = ExpressionBuilder<Tables, 'registration_keys'>;

/** For who authenticates requests. */
export const registrationKeyKind = (store: RegistrationKeyStore): KeyKind => ({
  prefix: registrationKeyPrefix,
  findCaller: async (value) => {
    const key = await store.findByValue(value);
    return key && { kind: 'registration', key };
  },
});

const madeByAnAdmin = ({ exists, selectFrom }: Building) =>
  exists(
    selectFrom('users')
      .select('users.id')
      .whereRef('users.id', '=', 'registration_keys.user_id')
      .where('users.role', '=', 'admin')
      .where('users.disabled_at', 'is', null),
  );

const mayHaveItsHost = ({ eb, or, not, exists, selectFrom }: Building) =>
  or([
    eb('registration_keys.replaces', '=', true),
    not(
      exists(
        selectFrom('hosts')
          .select('hosts.id')
          .whereRef('hosts.id', '=', 'registration_keys.host_id')
          .where('hosts.revoked_at', 'is', null),
      ),
    ),
  ]);

type Row = Selectable<Tables['registration_keys']> &
  Pick<Selectable<Tables['users']>, 'email' | 'role' | 'disabled_at'>;

const toInfo = (row: Row): RegistrationKeyInfo => ({
  id: row.id,
  hostId: row.host_id,
  replaces: row.replaces,
  state: stateOf(row),
  createdAt: row.created_at.toISOString(),
  createdBy: row.email,
  expiresAt: row.expires_at.toISOString(),
  usedAt: row.used_at?.toISOString() ?? null,
  usedFrom: row.used_from,
});

/** The same in SQL. */
const stateIn = (now: Date) => sql<RegistrationKeyState>`case
  when used_at is not null then 'used' when expires_at <= ${now} then 'expired'
  when users.role = 'admin' and users.disabled_at is null then 'open' else 'void' end`;

function stateOf({ used_at, expires_at, role, disabled_at }: Row): RegistrationKeyState {
  if (used_at) return 'used';
  if (expires_at.getTime() <= Date.now()) return 'expired';
  return role === 'admin' && disabled_at === null ? 'open' : 'void';
}
