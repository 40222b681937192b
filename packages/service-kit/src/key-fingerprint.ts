import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

/** How people and envelopes name a public key: `SHA256:` and the base64 of the hash over its SPKI, as OpenSSH prints it. */
export function keyFingerprint(key: string | KeyObject): string {
  const publicKey = typeof key === 'string' || key.type === 'private' ? createPublicKey(key) : key;
  return named(publicKey.export({ type: 'spki', format: 'der' }));
}

/** The same over the DER of a certificate in PEM. */
export const certificateFingerprint = (pem: string): string => named(new X509Certificate(pem).raw);

const named = (der: Buffer): string => `SHA256:${createHash('sha256').update(der).digest('base64').replace(/=+$/, '')}`;
