import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { certificateFingerprint, type Logger } from '@bigeye/service-kit';
import { createAuditLog } from '../audit/audit-log.ts';
import type { ControlPlaneConfig } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { openInstallation } from '../db/installation.ts';
import { hasCertificateAuthority, openCertificateAuthority } from '../keys/certificate-authority.ts';
import { openFolderVault } from '../keys/folder-vault.ts';
import { createKeyVaultStore } from '../keys/key-vault-store.ts';
import { createPayloadKeys } from '../keys/payload-keys.ts';
import { openDataDir } from '../machine/data-dir.ts';
import { lockDataDir } from '../machine/data-dir-lock.ts';
import { bindObjectStore } from '../objects/bind-object-store.ts';
import { openObjectStore } from '../objects/open-object-store.ts';
import { createStores } from './stores.ts';

const dayMs = 24 * 60 * 60 * 1000;

export type Ground = Awaited<ReturnType<typeof openGround>>;

/**
 * What every role stands on: the data folder, which it holds alone, the database, which belongs to the same installation,
 * the keys and the stores. Throws what is wrong with any of them.
 */
export async function openGround(config: ControlPlaneConfig, log: Logger, signal: AbortSignal | undefined) {
  await using opening = new AsyncDisposableStack();
  const { DATA_DIR: dataDir, KEY_VAULT_SECRET: secret } = config;
  openDataDir(dataDir, log);
  opening.use(lockDataDir(dataDir));
  const url = config.DATABASE_URL ?? opening.use(await startEmbeddedPostgres({ dataDir, log, signal })).url;
  const { db, changes, isReady } = opening.use(await openDatabase({ url, log, signal }));
  const vault = secret === undefined ? openFolderVault(join(dataDir, 'keys')) : createKeyVaultStore(db, secret);
  const installation = await openInstallation(db, { dataDir, hasKeys: await hasCertificateAuthority(vault) });
  const authority = await openCertificateAuthority(vault, { hostLifetimeMs: config.HOST_CERTIFICATE_DAYS * dayMs });
  const caFingerprint = certificateFingerprint(authority.caCertificate);
  const installationId = await installation.bind(caFingerprint);
  const objects = opening.use(
    await openObjectStore(config.OBJECT_STORE ?? pathToFileURL(join(resolve(dataDir), 'objects')).href),
  );
  await bindObjectStore(objects, installationId, log);
  const stores = createStores(db, changes, objects);
  const open = opening.move();
  return {
    changes,
    objects,
    authority,
    caFingerprint,
    stores,
    payloadKeys: createPayloadKeys(authority, stores.accountKeyStore),
    auditLog: createAuditLog(stores.auditStore, log),
    isDatabaseReady: isReady,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
