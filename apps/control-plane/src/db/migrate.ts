import { AppError } from '@bigeye/contracts';
import { sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { up as firstTables } from './migrations/0001-first-tables.ts';
import { up as accounts } from './migrations/0002-accounts.ts';
import { up as hostKeys } from './migrations/0003-host-keys.ts';
import { up as oidc } from './migrations/0004-oidc.ts';
import { up as keyExpiry } from './migrations/0005-key-expiry.ts';
import { up as lineageParts } from './migrations/0006-lineage-parts.ts';
import { up as registrationKeys } from './migrations/0007-registration-keys.ts';
import { up as installation } from './migrations/0008-installation.ts';
import { up as storage } from './migrations/0009-storage.ts';
import { up as leases } from './migrations/0010-leases.ts';
import { up as agesAndLists } from './migrations/0012-ages-and-lists.ts';
import { up as vaultKeys } from './migrations/0013-vault-keys.ts';
import { up as searchRank } from './migrations/0016-search-rank.ts';
import { up as reportedEnd } from './migrations/0020-reported-end.ts';
import { up as runEvents } from './migrations/0021-run-events.ts';
import { up as drainSlotsResources } from './migrations/0022-drain-slots-resources.ts';
import type { Db } from './tables.ts';

/** In order; a name never changes once released. */
const migrations: Record<string, Migration> = {
  '0001-first-tables': { up: firstTables },
  '0002-accounts': { up: accounts },
  '0003-host-keys': { up: hostKeys },
  '0004-oidc': { up: oidc },
  '0005-key-expiry': { up: keyExpiry },
  '0006-lineage-parts': { up: lineageParts },
  '0007-registration-keys': { up: registrationKeys },
  '0008-installation': { up: installation },
  '0009-storage': { up: storage },
  '0010-leases': { up: leases },
  '0012-ages-and-lists': { up: agesAndLists },
  '0013-vault-keys': { up: vaultKeys },
  '0016-search-rank': { up: searchRank },
  '0020-reported-end': { up: reportedEnd },
  '0021-run-events': { up: runEvents },
  '0022-drain-slots-resources': { up: drainSlotsResources },
};

/**
 * Brings the schema up to date, in one transaction and under a lock of the database: of several processes at once one does it and the
 * others find it done. Throws DATABASE_NEWER where it has a migration that this version does not know.
 */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const unknown = await listUnknown(db);
  throw unknown.length > 0 ? new AppError('DATABASE_NEWER', { unknown }, { cause: error }) : error;
}

async function listUnknown(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !Object.hasOwn(migrations, name));
}
