import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError } from '@bigeye/contracts';
import type { Db } from '../db/tables.ts';
import type { KeyVault } from './key-vault.ts';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Keys in the database, each sealed with AES-256-GCM by a key that is derived from `secret`, which is random and not a
 * password. Bound to their names, so that one cannot be put in another's place. Whoever has the database alone has none
 * of them. Throws KEY_VAULT_LOCKED where the secret is another one.
 */
export function createKeyVaultStore(db: Db, secret: string): KeyVault {
  const key = Buffer.from(hkdfSync('sha256', secret, 'agent-orchestrator', 'key vault', 32));

  const seal = (name: string, text: string): Buffer => {
    const nonce = randomBytes(nonceBytes);
    const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(name));
    const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
    return Buffer.concat([nonce, sealing.getAuthTag(), sealed]);
  };
  const open = (name: string, sealed: Buffer): string => {
    const opening = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes))
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return Buffer.concat([opening.update(sealed.subarray(nonceBytes + tagBytes)), opening.final()]).toString('utf8');
    } catch (cause) {
      throw new AppError('KEY_VAULT_LOCKED', { name }, { cause });
    }
  };

  const vault: KeyVault = {
    read: async (name) => {
      const row = await db.selectFrom('vault_keys').select('sealed').where('name', '=', name).executeTakeFirst();
      return row && open(name, Buffer.from(row.sealed));
    },
    keepFirst: async (name, text) => {
      await db
        .insertInto('vault_keys')
        .values({ name, sealed: seal(name, text), created_at: new Date() })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      return (await vault.read(name)) ?? text;
    },
  };
  return vault;
}
