import { constants, type KeyObject, sign, verify } from 'node:crypto';

/** RSA-PSS with SHA-256 over the DER (SPKI) of the next account key, by the current one: its owner wants the change. */
const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
const signedBytes = (next: KeyObject): Buffer => next.export({ type: 'spki', format: 'der' });

/** Base64. `next`: a public key; `current`: a private one. */
export const signRotation = (next: KeyObject, current: KeyObject): string =>
  sign('sha256', signedBytes(next), { key: current, ...padding }).toString('base64');

/** Both keys are public ones. */
export const isRotationSigned = (next: KeyObject, current: KeyObject, signature: string): boolean =>
  verify('sha256', signedBytes(next), { key: current, ...padding }, Buffer.from(signature, 'base64'));
