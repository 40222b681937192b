import type { Db } from '../db/tables.ts';

/**
 * What the object store is to forget. It takes no part in transactions, so a key (or, with "/" at its end, all keys below)
 * is noted here in the transaction that gives it up, and removed afterwards as often as it takes.
 */
export async function forgetObject(tx: Db, key: string): Promise<void> {
  await tx
    .insertInto('object_deletions')
    .values({ key, asked_at: new Date() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export type ObjectDeletionStore = ReturnType<typeof createObjectDeletionStore>;

export function createObjectDeletionStore(db: Db) {
  return {
    /** The oldest first. */
    async listKeys(limit: number): Promise<string[]> {
      const rows = await db.selectFrom('object_deletions').select('key').orderBy('asked_at').limit(limit).execute();
      return rows.map((row) => row.key);
    },

    /** It is gone from the object store. */
    async recordRemoved(key: string): Promise<void> {
      await db.deleteFrom('object_deletions').where('key', '=', key).execute();
    },
  };
}
