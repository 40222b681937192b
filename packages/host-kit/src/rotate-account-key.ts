import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { signRotation } from '@bigeye/service-kit';
import type { HostHome } from './host-home.ts';
import { stackUser } from './stack-user.ts';
import { writeFileAtomically } from './write-file.ts';

const generate = promisify(generateKeyPair);

export interface NextAccountKey {
  /** PEM (SPKI). */
  publicKey: string;
  /** By the current key over the DER of the new one (RSA-PSS, SHA-256), base64: proof that its owner wants it. */
  rotationSignature: string;
}

/** Makes the account's next key; one that a cut-off rotation left is taken up again. */
export async function prepareNextAccountKey(home: HostHome): Promise<NextAccountKey> {
  if (!existsSync(home.nextAccountPrivateKey)) {
    const { privateKey } = await generate('rsa', { modulusLength: 4096 });
    writePrivateKey(home.nextAccountPrivateKey, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  }
  const next = createPublicKey(readFileSync(home.nextAccountPrivateKey, 'utf8'));
  const current = createPrivateKey(readFileSync(home.accountPrivateKey, 'utf8'));
  return { publicKey: pemOf(next), rotationSignature: signRotation(next, current) };
}

/** The next key becomes the current one, and the current one the previous. Cut off anywhere, it can be called again. */
export function adoptNextAccountKey(home: HostHome): void {
  const next = readFileSync(home.nextAccountPrivateKey, 'utf8');
  const current = readFileSync(home.accountPrivateKey, 'utf8');
  if (current !== next) {
    writePrivateKey(home.previousAccountPrivateKey, current);
    writePrivateKey(home.accountPrivateKey, next);
  }
  writeFileAtomically(home.accountPublicKey, pemOf(createPublicKey(next)), { mode: 0o644, owner: stackUser() });
  rmSync(home.nextAccountPrivateKey);
}

const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

const writePrivateKey = (file: string, pem: string): void =>
  writeFileAtomically(file, pem, { mode: 0o600, owner: stackUser() });
