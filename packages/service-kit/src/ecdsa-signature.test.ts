import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { derSignatureOf, rawSignatureOf } from './ecdsa-signature.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const raw = (key: typeof privateKey) => ({ key, dsaEncoding: 'ieee-p1363' }) as const;

test('both forms are those of OpenSSL, whatever bytes a signature begins with', () => {
  // One in 256 begins with a zero, and every other one with a bit that would be a sign.
  for (let n = 0; n < 2000; n++) {
    const data = randomBytes(16);
    const mine = rawSignatureOf(sign('sha256', data, privateKey));
    expect(mine).toHaveLength(64);
    expect(verify('sha256', data, raw(publicKey), mine)).toBe(true);
    expect(verify('sha256', data, publicKey, derSignatureOf(sign('sha256', data, raw(privateKey))))).toBe(true);
  }
});

test('bytes that are no signature are one of nobody', () => {
  for (const length of [0, 1, 31, 32, 63, 64, 65, 128, 300])
    for (const bytes of [Buffer.alloc(length), Buffer.alloc(length, 0xff), randomBytes(length)])
      expect(verify('sha256', Buffer.from('x'), publicKey, derSignatureOf(bytes))).toBe(false);
});

test('a longer signature that holds a good one is not good', () => {
  const data = Buffer.from('data');
  const good = rawSignatureOf(sign('sha256', data, privateKey));
  for (const changed of [
    Buffer.concat([good, Buffer.alloc(1)]),
    Buffer.concat([Buffer.alloc(1), good]),
    good.subarray(1),
  ])
    expect(verify('sha256', data, publicKey, derSignatureOf(changed))).toBe(false);
});
