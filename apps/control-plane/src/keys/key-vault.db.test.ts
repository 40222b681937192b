import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateFingerprint } from '@bigeye/service-kit';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { hasCertificateAuthority, openCertificateAuthority } from './certificate-authority.ts';
import { openFolderVault } from './folder-vault.ts';
import type { KeyVault } from './key-vault.ts';
import { createKeyVaultStore } from './key-vault-store.ts';

const secret = 'a secret of the test, of at least 32 characters';
const days = { hostLifetimeMs: 24 * 60 * 60 * 1000 };

describeEachDatabase('key vaults', (open) => {
  const vaults: [string, () => () => KeyVault][] = [
    [
      'a folder',
      () => {
        const folder = join(mkdtempSync(join(tmpdir(), 'vault-')), 'keys');
        return () => openFolderVault(folder);
      },
    ],
    ['the database', () => () => createKeyVaultStore(open().db, secret)],
  ];

  test.each(vaults)('%s keeps the first of several that come at once, whole', async (_, place) => {
    const openVault = place();
    expect(await openVault().read('ca_key.pem')).toBeUndefined();
    const offered = Array.from({ length: 8 }, (_each, n) => `${n}`.repeat(5000));
    const kept = await Promise.all(offered.map((text) => openVault().keepFirst('ca_key.pem', text)));
    expect(new Set(kept).size).toBe(1);
    expect(offered).toContain(kept[0]);
    expect(await openVault().read('ca_key.pem')).toBe(kept[0]);
    expect(await openVault().keepFirst('ca_key.pem', 'later')).toBe(kept[0]);
    expect(await openVault().read('task_token_key')).toBeUndefined();
  });

  test.each(vaults)(
    'processes that start at once on %s have one CA and the same keys',
    async (_, place) => {
      const openVault = place();
      expect(await hasCertificateAuthority(openVault())).toBe(false);
      const all = await Promise.all([1, 2, 3].map(() => openCertificateAuthority(openVault(), days)));
      const [first] = all;
      expect(await hasCertificateAuthority(openVault())).toBe(true);
      for (const authority of all) {
        expect(certificateFingerprint(authority.caCertificate)).toBe(
          certificateFingerprint(first?.caCertificate ?? ''),
        );
        expect(authority.bigeyePublicKey).toBe(first?.bigeyePublicKey);
        expect(authority.taskTokenKey).toEqual(first?.taskTokenKey);
      }
    },
    60_000,
  );

  test('what lies in the database is unreadable without the secret, and cannot be put in another place', async () => {
    const { db } = open();
    await createKeyVaultStore(db, secret).keepFirst('ca_key.pem', 'the key of the CA');
    const { sealed } = await db.selectFrom('vault_keys').selectAll().executeTakeFirstOrThrow();
    expect(Buffer.from(sealed).includes('the key of the CA')).toBe(false);
    const other = createKeyVaultStore(db, `${secret}!`);
    await expect(other.read('ca_key.pem')).rejects.toMatchObject({ code: 'KEY_VAULT_LOCKED' });
    // Another secret makes no new keys beside those that are there.
    await expect(other.keepFirst('ca_key.pem', 'mine')).rejects.toMatchObject({ code: 'KEY_VAULT_LOCKED' });
    await db.updateTable('vault_keys').set({ name: 'task_token_key' }).execute();
    await expect(createKeyVaultStore(db, secret).read('task_token_key')).rejects.toMatchObject({
      code: 'KEY_VAULT_LOCKED',
    });
  });

  test('a folder is for its own user alone, and what a crash left half written counts for nothing', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'vault-')), 'keys');
    const vault = openFolderVault(folder);
    expect(existsSync(folder)).toBe(false);
    mkdirSync(folder, { mode: 0o700 });
    writeFileSync(join(folder, 'ca_key.pem.some-id.new'), 'half');
    expect(await vault.read('ca_key.pem')).toBeUndefined();
    await vault.keepFirst('ca_key.pem', 'whole');
    expect(readdirSync(folder).sort()).toEqual(['ca_key.pem', 'ca_key.pem.some-id.new']);
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(statSync(join(folder, 'ca_key.pem')).mode & 0o077).toBe(0);
  });
});
