import { createPublicKey, type KeyObject } from 'node:crypto';
import { type AccountPublicKey, type AccountPublicKeyInput, AppError } from '@bigeye/contracts';
import { isRotationSigned, keyFingerprint } from '@bigeye/service-kit';
import type { z } from 'zod';
import type { AccountKeyStore } from '../keys/account-key-store.ts';
import type { HostListStore } from './host-list-store.ts';

export interface KeyDeps {
  accountKeyStore: AccountKeyStore;
  hostListStore: HostListStore;
}

/** Throws PUBLIC_KEY_NOT_FOUND. */
export async function getAccountKey({ accountKeyStore }: KeyDeps): Promise<z.infer<typeof AccountPublicKey>> {
  const { current, previous } = await accountKeyStore.findKeys();
  if (!current) throw new AppError('PUBLIC_KEY_NOT_FOUND', {});
  return { publicKey: current, previousPublicKey: previous ?? null };
}

/**
 * Registers the account's key. Where hosts depend on another one it is a rotation, which only the owner of that one can
 * begin: an admin's key alone must not make the control plane seal for somebody else.
 */
export async function putAccountKey(
  deps: KeyDeps,
  input: z.output<typeof AccountPublicKeyInput>,
): Promise<z.infer<typeof AccountPublicKey>> {
  const { accountKeyStore } = deps;
  const key = parseRsaKey(input.publicKey);
  const publicKey = key.export({ type: 'spki', format: 'pem' }).toString();
  const { current, previous } = await accountKeyStore.findKeys();
  if (current === publicKey) return await getAccountKey(deps);
  if (!current || !(await isInUse(deps))) await accountKeyStore.putKey(publicKey);
  else if (input.rotationSignature === undefined) throw new AppError('PUBLIC_KEY_CONFLICT', {});
  else if (previous) throw new AppError('KEY_ROTATION_REFUSED', { reason: 'the rotation before is not finished' });
  else if (!isRotationSigned(key, createPublicKey(current), input.rotationSignature))
    throw new AppError('KEY_ROTATION_REFUSED', { reason: 'the current account key did not sign the new one' });
  else await accountKeyStore.rotateKey(current, publicKey);
  return await getAccountKey(deps);
}

/** Throws PUBLIC_KEY_CONFLICT and INVALID_INPUT where `putAccountKey` would refuse this key as it stands. */
export async function requireUsableAccountKey(deps: KeyDeps, input: { publicKey: string }): Promise<void> {
  const publicKey = parseRsaKey(input.publicKey).export({ type: 'spki', format: 'pem' }).toString();
  const { current } = await deps.accountKeyStore.findKeys();
  if (current && current !== publicKey && (await isInUse(deps))) throw new AppError('PUBLIC_KEY_CONFLICT', {});
}

const isInUse = async ({ hostListStore }: KeyDeps): Promise<boolean> =>
  (await hostListStore.findLatelyHeardOf()) !== undefined;

/** Hosts that an error names; the rest is counted. */
const named = 20;

/** Ends the overlap. Throws KEY_ROTATION_UNFINISHED while a host is without the new key, unless `force`. */
export async function finishRotation({ accountKeyStore, hostListStore }: KeyDeps, force: boolean): Promise<void> {
  const { current, previous } = await accountKeyStore.findKeys();
  if (!current || !previous) return;
  const behind = await hostListStore.findWithoutAccountKey(keyFingerprint(current), named);
  if (behind.count > 0 && !force)
    throw new AppError('KEY_ROTATION_UNFINISHED', { hosts: behind.first, count: behind.count });
  await accountKeyStore.deletePreviousKey();
}

/** Throws INVALID_INPUT unless it is an RSA public key of 4096 bits or more. */
function parseRsaKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 4096) return key;
  } catch {
    // Falls through: not a key at all and the wrong kind of key are the same fault to the sender.
  }
  throw new AppError('INVALID_INPUT', {
    issues: [{ path: 'publicKey', message: 'an RSA public key of at least 4096 bits in PEM is needed' }],
  });
}
