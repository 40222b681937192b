import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

/** How people and envelopes name a public key: `SHA256:` and the base64 of the hash over its SPKI, as OpenSSH prints it. */
export function keyFingerprint(key: string | KeyObject): string {
  const publicKey = typeof key === 'string' || key.type === 'private' ? createPublicKey(key) : key;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return `SHA256:${createHash('sha256').update(spki).digest('base64').replace(/=+$/, '')}`;
}

/** SHA-256 over the DER in lower-case hex, as API, database and UI name a certificate. `certificate`: PEM or DER. */
export const certificateFingerprint = (certificate: string | Uint8Array): string =>
  createHash('sha256')
    .update(typeof certificate === 'string' ? new X509Certificate(certificate).raw : certificate)
    .digest('hex');
