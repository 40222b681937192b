import { AppError, type Role, type User } from '@bigeye/contracts';
import { createUserId } from '@bigeye/service-kit';
import type { Selectable } from 'kysely';
import type { Db, Tables } from '../db/tables.ts';
import { lockAdmins, toUser } from './user-store.ts';

/** Who signs in, as the OpenID provider says it. */
export interface Subject {
  issuer: string;
  subject: string;
  /** In lower case. */
  email: string;
  /** The provider says so itself, and does not merely keep silent. */
  isEmailProven: boolean;
  name: string;
  /** `onEverySignIn`: the provider decides, so that what it takes away is gone here too. */
  role: { role: Role; onEverySignIn: boolean };
}

export type SubjectStore = ReturnType<typeof createSubjectStore>;

/** The only SQL about who users are at the OpenID provider. */
export function createSubjectStore(db: Db) {
  return {
    /**
     * The user of this subject: known by it, or taken over from an admin's list by a proven e-mail, or new. The last
     * admin keeps the role. Throws OIDC_USER_DISABLED and OIDC_EMAIL_TAKEN.
     */
    async findOrInsertUser(subject: Subject): Promise<User> {
      return await db.transaction().execute(async (tx) => {
        const admins = await lockAdmins(tx);
        const known = (await lockKnown(tx, subject)) ?? (await lockUnlinked(tx, subject));
        if (!known) return toUser(await insert(tx, subject));
        if (known.disabled_at) throw new AppError('OIDC_USER_DISABLED', {});
        const isLastAdmin = admins.length === 1 && admins[0] === known.id;
        const role = subject.role.onEverySignIn && !isLastAdmin ? subject.role.role : known.role;
        const change = { role, oidc_issuer: subject.issuer, oidc_subject: subject.subject };
        await tx.updateTable('users').set(change).where('id', '=', known.id).execute();
        return toUser({ ...known, ...change });
      });
    },
  };
}

type Row = Selectable<Tables['users']>;

const lockKnown = (tx: Db, { issuer, subject }: Subject): Promise<Row | undefined> =>
  tx
    .selectFrom('users')
    .selectAll()
    .where('oidc_issuer', '=', issuer)
    .where('oidc_subject', '=', subject)
    .forUpdate()
    .executeTakeFirst();

async function lockUnlinked(tx: Db, { email, isEmailProven }: Subject): Promise<Row | undefined> {
  if (!isEmailProven) return undefined;
  return await tx
    .selectFrom('users')
    .selectAll()
    .where('email', '=', email)
    .where('oidc_subject', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

async function insert(tx: Db, subject: Subject): Promise<Row> {
  const { issuer: oidc_issuer, subject: oidc_subject, email, name } = subject;
  const fresh = { id: createUserId(), created_at: new Date(), password_hash: null, disabled_at: null };
  const inserted = await tx
    .insertInto('users')
    .values({ ...fresh, email, name, role: subject.role.role, oidc_issuer, oidc_subject })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  // Whoever signs in for the first time in two windows at once is there by now.
  const user = inserted ?? (await lockKnown(tx, subject));
  if (!user) throw new AppError('OIDC_EMAIL_TAKEN', {});
  return user;
}
