import type { Db } from '../db/tables.ts';

export type AccountKeyStore = ReturnType<typeof createAccountKeyStore>;

/** Public keys of the account, PEM. */
export interface AccountKeys {
  current: string | undefined;
  /** Set while a rotation is not finished. */
  previous: string | undefined;
}

/** The only SQL about the account's public keys. */
export function createAccountKeyStore(db: Db) {
  const put = (on: Db, name: 'account' | 'previous', publicKey: string) =>
    on
      .insertInto('account_keys')
      .values({ name, public_key: publicKey, created_at: new Date() })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ public_key: publicKey, created_at: new Date() }))
      .execute();
  return {
    async findKeys(): Promise<AccountKeys> {
      const rows = await db.selectFrom('account_keys').select(['name', 'public_key']).execute();
      const named = (name: 'account' | 'previous') => rows.find((row) => row.name === name)?.public_key;
      return { current: named('account'), previous: named('previous') };
    },

    /** Replaces all by one. */
    async putKey(publicKey: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('account_keys').execute();
        await put(transaction, 'account', publicKey);
      });
    },

    async rotateKey(from: string, to: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await put(transaction, 'previous', from);
        await put(transaction, 'account', to);
      });
    },

    async deletePreviousKey(): Promise<void> {
      await db.deleteFrom('account_keys').where('name', '=', 'previous').execute();
    },
  };
}
