import { randomBytes } from 'node:crypto';
import { AppError, type Role, type User, type UserId, type UserSummary } from '@bigeye/contracts';
import { createUserId } from '@bigeye/service-kit';
import { type Selectable, sql } from 'kysely';
import { containing } from '../db/containing.ts';
import { countWhere } from '../db/count-where.ts';
import { type PageQuery, pageByCreation } from '../db/paging.ts';
import type { Db, Tables } from '../db/tables.ts';
import { isUniqueViolation } from '../db/unique-violation.ts';
import { secretHashOf } from './secret-hash.ts';

const linkLifetimeMs = 72 * 60 * 60 * 1000;

export type UserStore = ReturnType<typeof createUserStore>;

/** The only SQL about users, their passwords, and the links to set one. */
export function createUserStore(db: Db) {
  return {
    async countUsers(): Promise<number> {
      const { n } = await db
        .selectFrom('users')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** The admin who has been here longest, where no user at all has a password, a good key or an identity to come in by. */
    async findLockedOutAdmin(): Promise<User | undefined> {
      const users = await db
        .selectFrom('users')
        .selectAll()
        .select(({ exists, selectFrom }) =>
          exists(
            selectFrom('api_keys')
              .select('api_keys.id')
              .whereRef('api_keys.user_id', '=', 'users.id')
              .where(({ eb, or }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', new Date())])),
          ).as('has_key'),
        )
        .where('disabled_at', 'is', null)
        .orderBy('created_at')
        .execute();
      if (users.some((user) => user.password_hash !== null || user.oidc_subject !== null || user.has_key)) return;
      const admin = users.find(({ role }) => role === 'admin');
      return admin && toUser(admin);
    },

    /** The oldest first. `search`: a part of the name or the address. */
    async listUsers({ search, ...page }: PageQuery & { search?: string | undefined }) {
      let users = db.selectFrom('users').selectAll();
      if (search)
        users = users.where(sql<boolean>`(lower(name) like ${containing(search)} or email like ${containing(search)})`);
      return await pageByCreation(users, page, { of: 'users', to: toUser, order: 'asc' });
    },

    async summarizeUsers(): Promise<UserSummary> {
      return await db
        .selectFrom('users')
        .select([
          countWhere(sql`disabled_at is null`).as('enabled'),
          countWhere(sql`disabled_at is null and role = 'admin'`).as('admins'),
          countWhere(sql`disabled_at is null and password_hash is null and oidc_subject is null`).as('withoutSignIn'),
          countWhere(sql`disabled_at is not null`).as('disabled'),
        ])
        .executeTakeFirstOrThrow();
    },

    /** Throws USER_NOT_FOUND. */
    async getUser(id: UserId): Promise<User> {
      const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) throw new AppError('USER_NOT_FOUND', { userId: id });
      return toUser(row);
    },

    /** Throws EMAIL_TAKEN. */
    async insertUser(input: { email: string; name: string; role: Role }): Promise<User> {
      const fresh = { id: createUserId(), created_at: new Date(), password_hash: null, disabled_at: null };
      const notLinked = { oidc_issuer: null, oidc_subject: null };
      const row = { ...fresh, ...notLinked, ...input, email: input.email.toLowerCase() };
      try {
        await db.insertInto('users').values(row).execute();
      } catch (cause) {
        throw isUniqueViolation(cause, 'users_email_key') ? new AppError('EMAIL_TAKEN', { email: row.email }) : cause;
      }
      return toUser(row);
    },

    /**
     * Disabling ends the sessions and the link at once; keys are refused for as long as it lasts. Throws USER_NOT_FOUND
     * and LAST_ADMIN.
     */
    async updateUser(id: UserId, { name, role, disabled }: { name: string; role: Role; disabled: boolean }) {
      return await db.transaction().execute(async (tx) => {
        const admins = await lockAdmins(tx);
        const before = await lockUser(tx, id);
        if (role !== 'admin' || disabled) requireAnother(admins, id);
        const disabledAt = disabled ? (before.disabled_at ?? new Date()) : null;
        const change = { name, role, disabled_at: disabledAt };
        await tx.updateTable('users').set(change).where('id', '=', id).execute();
        if (disabled) {
          await tx.deleteFrom('sessions').where('user_id', '=', id).execute();
          await tx.deleteFrom('password_links').where('user_id', '=', id).execute();
        }
        return toUser({ ...before, ...change });
      });
    },

    /** Sessions, keys and the link go with the user. Throws USER_NOT_FOUND and LAST_ADMIN. */
    async deleteUser(id: UserId): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const admins = await lockAdmins(tx);
        await lockUser(tx, id);
        requireAnother(admins, id);
        await tx.deleteFrom('users').where('id', '=', id).execute();
      });
    },

    /** What a sign-in needs. Undefined where nobody has this address. */
    async findCredentials(email: string): Promise<{ user: User; passwordHash: string | undefined } | undefined> {
      const row = await db.selectFrom('users').selectAll().where('email', '=', email.toLowerCase()).executeTakeFirst();
      return row && { user: toUser(row), passwordHash: row.password_hash ?? undefined };
    },

    /** All sessions of the user end but the one whose token hash is `exceptSession`. */
    async setPassword(id: UserId, passwordHash: string, exceptSession?: string): Promise<void> {
      await db.transaction().execute((tx) => writePassword(tx, id, passwordHash, exceptSession));
    },

    /** Only while the password is still the one that `before` is the hash of: to store the same password anew. */
    async replacePasswordHash(id: UserId, before: string, after: string): Promise<void> {
      await db
        .updateTable('users')
        .set({ password_hash: after })
        .where('id', '=', id)
        .where('password_hash', '=', before)
        .execute();
    },

    /** A new token, the only one of this user. Throws USER_NOT_FOUND and USER_DISABLED. */
    async createPasswordLink(userId: UserId): Promise<{ token: string; expiresAt: Date }> {
      const token = randomBytes(32).toString('base64url');
      const now = Date.now();
      const expiresAt = new Date(now + linkLifetimeMs);
      const link = { hash: secretHashOf(token), created_at: new Date(now), expires_at: expiresAt };
      await db.transaction().execute(async (tx) => {
        if ((await lockUser(tx, userId)).disabled_at) throw new AppError('USER_DISABLED', { userId });
        await tx
          .insertInto('password_links')
          .values({ user_id: userId, ...link })
          .onConflict((conflict) => conflict.column('user_id').doUpdateSet(link))
          .execute();
      });
      return { token, expiresAt };
    },

    /** Uses the link up, sets the password and ends all sessions: all or nothing. Throws PASSWORD_LINK_INVALID. */
    async setPasswordByLink(token: string, hashPassword: () => Promise<string>): Promise<User> {
      const hash = secretHashOf(token);
      const good = db.selectFrom('password_links').select('user_id').where('hash', '=', hash);
      // Asked first, because hashing is work that only the holder of a link may make us do.
      if (!(await good.where('expires_at', '>', new Date()).executeTakeFirst()))
        throw new AppError('PASSWORD_LINK_INVALID', {});
      const passwordHash = await hashPassword();
      return await db.transaction().execute(async (tx) => {
        const used = await tx
          .deleteFrom('password_links')
          .where('hash', '=', hash)
          .where('expires_at', '>', new Date())
          .returning('user_id')
          .executeTakeFirst();
        if (!used) throw new AppError('PASSWORD_LINK_INVALID', {});
        await writePassword(tx, used.user_id, passwordHash);
        return toUser(await lockUser(tx, used.user_id));
      });
    },
  };
}

async function writePassword(tx: Db, id: UserId, passwordHash: string, exceptSession = ''): Promise<void> {
  await tx.updateTable('users').set({ password_hash: passwordHash }).where('id', '=', id).execute();
  await tx.deleteFrom('sessions').where('user_id', '=', id).where('hash', '!=', exceptSession).execute();
}

async function lockUser(tx: Db, id: UserId): Promise<Selectable<Tables['users']>> {
  const row = await tx.selectFrom('users').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (!row) throw new AppError('USER_NOT_FOUND', { userId: id });
  return row;
}

/** Before any other user is locked and in one order, so that of two admins who remove each other one is told no. */
export async function lockAdmins(tx: Db): Promise<UserId[]> {
  const admins = await tx
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('disabled_at', 'is', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return admins.map(({ id }) => id);
}

function requireAnother(admins: UserId[], leaving: UserId): void {
  if (admins.length === 1 && admins[0] === leaving) throw new AppError('LAST_ADMIN', {});
}

export const toUser = (row: Selectable<Tables['users']>): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.created_at.toISOString(),
  disabledAt: row.disabled_at?.toISOString() ?? null,
  hasPassword: row.password_hash !== null,
  usesSingleSignOn: row.oidc_subject !== null,
});
