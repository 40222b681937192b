import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
  webcrypto,
  X509Certificate,
} from 'node:crypto';
import { z } from 'zod';
import { derSignatureOf, rawSignatureOf } from './ecdsa-signature.ts';
import { keyFingerprint } from './key-fingerprint.ts';

/** A sealed message as it travels and is stored. All but `data` is open; nothing of it can be changed unseen. */
export interface SealedMessage {
  /** JSON of `Envelope`: which run, and the data key for each recipient. */
  envelope: Uint8Array;
  /** DER of the sender's certificate, issued by the CA that both sides trust. */
  certificate: Uint8Array;
  /** ECDSA P-256 with SHA-256 (IEEE P1363, 64 bytes) over envelope and data. */
  signature: Uint8Array;
  /** 12 bytes nonce, ciphertext, 16 bytes tag of AES-256-GCM; the envelope is authenticated with it. */
  data: Uint8Array;
}

/** The data key, wrapped for each recipient with RSA-OAEP (SHA-256); `to` is the fingerprint of the recipient's key. */
const Envelope = z.object({
  v: z.literal(1),
  run: z.string().nullable(),
  keys: z.array(z.object({ to: z.string(), key: z.base64() })).min(1),
});
export type Envelope = z.infer<typeof Envelope>;

/** A data key with its envelope; made once for a run and used for all its messages. */
export interface SealingKey {
  envelope: Uint8Array;
  dataKey: KeyObject;
}

/** Who seals: a P-256 key and the certificate that says whose it is. */
export interface Sealer {
  privateKey: KeyObject;
  certificate: Uint8Array;
}

const cipher = 'aes-256-gcm';
const dataKeyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

export function createSealingKey(run: string | null, recipients: readonly KeyObject[]): SealingKey {
  const dataKey = randomBytes(dataKeyBytes);
  const keys = recipients.map((key) => ({
    to: keyFingerprint(key),
    key: publicEncrypt({ key, oaepHash: 'sha256' }, dataKey).toString('base64'),
  }));
  return {
    envelope: Buffer.from(JSON.stringify({ v: 1, run, keys } satisfies Envelope)),
    dataKey: createSecretKey(dataKey),
  };
}

export function seal(plain: Uint8Array, { envelope, dataKey }: SealingKey, sealer: Sealer): SealedMessage {
  const nonce = randomBytes(nonceBytes);
  const encrypting = createCipheriv(cipher, dataKey, nonce).setAAD(envelope);
  const data = Buffer.concat([nonce, encrypting.update(plain), encrypting.final(), encrypting.getAuthTag()]);
  const signature = rawSignatureOf(sign('sha256', signedBytes(envelope, data), sealer.privateKey));
  return { envelope, certificate: sealer.certificate, signature, data };
}

/** Throws for a broken envelope or one of a version that this program does not know. */
export const parseEnvelope = (bytes: Uint8Array): Envelope => Envelope.parse(JSON.parse(Buffer.from(bytes).toString()));

export interface Sender {
  /** The URI in its certificate. */
  uri: string;
  publicKey: KeyObject;
}

/** Throws unless the CA issued the certificate. Not its dates: what was sealed while it was valid is read for as long as the history is kept. */
export function senderOf(certificate: Uint8Array, ca: X509Certificate): Sender {
  const sender = new X509Certificate(certificate);
  if (!sender.checkIssued(ca) || !sender.verify(ca.publicKey)) throw new Error('its sender has no certificate of ours');
  return { uri: sender.subjectAltName?.replace(/^URI:/, '') ?? '', publicKey: sender.publicKey };
}

/** Throws unless the sender's key made the signature. */
export function verifySignature({ envelope, signature, data }: SealedMessage, { publicKey }: Sender): void {
  if (!verify('sha256', signedBytes(envelope, data), publicKey, derSignatureOf(signature)))
    throw new Error('it was changed after it was sealed');
}

/** The data key for the one of `privateKeys` (by fingerprint) that is a recipient. Throws where none is. */
export async function unwrapDataKey(envelope: Envelope, privateKeys: Map<string, KeyObject>): Promise<KeyObject> {
  for (const { to, key } of envelope.keys) {
    const privateKey = privateKeys.get(to);
    if (!privateKey) continue;
    const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
    // WebCrypto does these 4 ms on a thread of its own.
    const unwrapping = privateKey.toCryptoKey(algorithm, false, ['decrypt']);
    return createSecretKey(
      Buffer.from(await webcrypto.subtle.decrypt(algorithm, unwrapping, Buffer.from(key, 'base64'))),
    );
  }
  throw new Error(`it is sealed for ${envelope.keys.map(({ to }) => to).join(', ')}, and none of these keys is here`);
}

/** Throws for data that was not sealed with this key and this envelope. */
export function open({ envelope, data }: SealedMessage, dataKey: KeyObject): Buffer {
  const decrypting = createDecipheriv(cipher, dataKey, data.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decrypting.setAAD(envelope).setAuthTag(data.subarray(-tagBytes));
  return Buffer.concat([decrypting.update(data.subarray(nonceBytes, -tagBytes)), decrypting.final()]);
}

/** The length keeps one split of the bytes from passing as another. */
function signedBytes(envelope: Uint8Array, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(envelope.length);
  return Buffer.concat([Buffer.from('bigeye payload 1\0'), length, envelope, data]);
}
