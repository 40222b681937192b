import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '@bigeye/contracts';
import { createInstallationId } from '@bigeye/service-kit';
import type { Db } from './tables.ts';

/**
 * Binds folder and database to each other: the database names the installation and the fingerprint of its CA, the folder holds the keys
 * and the installation's id. `hasKeys`: whether the folder has a CA already. Call it before keys are made: a folder without keys must
 * not get some for a database whose hosts trust others. `bind` answers with the
 * installation's id. Throws INSTALLATION_DIFFERS and DATABASE_EMPTY.
 */
export async function openInstallation(
  db: Db,
  { dataDir, hasKeys }: { dataDir: string; hasKeys: boolean },
): Promise<{ bind(caFingerprint: string): Promise<string> }> {
  const folder = resolve(dataDir);
  const file = join(folder, 'installation-id');
  const kept = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  const stored = await db.selectFrom('installation').selectAll().executeTakeFirst();
  const differs = (reason: string) => new AppError('INSTALLATION_DIFFERS', { folder, reason });
  if (!stored && kept !== undefined) throw new AppError('DATABASE_EMPTY', { folder, file });
  if (stored && !hasKeys) throw differs('the folder has no keys');
  return {
    bind: async (caFingerprint) => {
      const row = stored ?? (await insertOnce(db, caFingerprint));
      if (row.ca_fingerprint !== caFingerprint)
        throw differs(`its CA has the fingerprint ${caFingerprint} and the database expects ${row.ca_fingerprint}`);
      if (kept !== row.id) writeFileSync(file, row.id, { flush: true });
      return row.id;
    },
  };
}

/** Of two that come at once to a new database, one writes it and both read it. */
async function insertOnce(db: Db, caFingerprint: string) {
  await db
    .insertInto('installation')
    .values({ id: createInstallationId(), ca_fingerprint: caFingerprint, created_at: new Date() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return await db.selectFrom('installation').selectAll().executeTakeFirstOrThrow();
}
