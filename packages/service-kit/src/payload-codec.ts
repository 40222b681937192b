import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { BoundedMap } from './bounded-map.ts';
import { keyFingerprint } from './key-fingerprint.ts';
import {
  createSealingKey,
  type Envelope,
  open,
  parseEnvelope,
  type SealedMessage,
  type Sealer,
  type SealingKey,
  type Sender,
  seal,
  senderOf,
  unwrapDataKey,
  verifySignature,
} from './payload-envelope.ts';

/** What a payload that we cannot or must not read becomes. Workflows know it by the name of the class. */
export class PayloadUnreadable extends Error {
  override name = 'PayloadUnreadable';
}

/** The keys of one side. All are asked for when a run first needs them, so that they can change while it works. */
export interface PayloadKeys {
  /** PEM of the CA that issued the certificates of all senders. */
  caCertificate: string;
  sealer(): Sealer;
  /** Everyone who must be able to read what we send. */
  recipients(): Promise<KeyObject[]>;
  /** RSA private keys that what we receive may be sealed for. */
  privateKeys(): Promise<KeyObject[]>;
  /** Whether we read what this sender (the URI of its certificate) sent. */
  acceptsSender(uri: string): boolean;
  /** Whether this sender makes the keys of runs: what we say of the same run to the same recipients is sealed with its key. */
  makesKeys(uri: string): boolean;
}

const encrypted = 'binary/encrypted';
/** The one thing that Temporal itself says by a payload: that a canceled activity had not been started yet. */
const saidByTemporal = '"ACTIVITY_ID_NOT_STARTED"';
/** A recipient that came or went counts after this long. Until a rotation is finished, both keys are good anyway. */
const recallMs = 2_000;
/** Runs whose keys are kept; an evicted one costs an unwrap of 4 ms. */
const rememberedRuns = 4096;
/** Certificates that were found to be of our CA. */
const rememberedSenders = 4096;
const text = (value: string): Uint8Array => Buffer.from(value);

/**
 * Seals every payload on its way to Temporal and opens it on its way back, so that its database, history and UI hold
 * ciphertext only. What is not sealed, not by a sender we accept, or for another run is refused: PayloadUnreadable.
 */
export function createPayloadCodec(keys: PayloadKeys): PayloadCodec {
  const ca = new X509Certificate(keys.caCertificate);
  const sealing = new BoundedMap<string, SealingKey>(rememberedRuns);
  const opening = new BoundedMap<string, { envelope: Envelope; dataKey: KeyObject }>(rememberedRuns);
  const senders = new BoundedMap<string, Sender>(rememberedSenders);

  let recipients: { keys: KeyObject[]; names: string[]; at: number } | undefined;

  const recallRecipients = async (): Promise<{ keys: KeyObject[]; names: string[] }> => {
    if (recipients && Date.now() - recipients.at < recallMs) return recipients;
    const found = await keys.recipients();
    recipients = { keys: found, names: found.map(keyFingerprint), at: Date.now() };
    return recipients;
  };

  /** The bytes are copied: they are a piece of a message or of a pool, and would keep all 64 KiB of it in memory. */
  const remember = (name: string, { envelope, dataKey }: SealingKey): SealingKey =>
    sealing.set(name, { envelope: new Uint8Array(envelope), dataKey });

  const sealingKeyOf = async (run: string | null): Promise<SealingKey> => {
    const { keys: recipientKeys, names } = await recallRecipients();
    const known = sealing.get(nameOf(run, names));
    if (known) return known;
    const created = createSealingKey(run, recipientKeys);
    opening.set(digestOf(created.envelope), { envelope: parseEnvelope(created.envelope), dataKey: created.dataKey });
    return remember(nameOf(run, names), created);
  };

  const openingKeyOf = async (bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    const known = opening.get(digest);
    if (known) return known;
    const envelope = parseEnvelope(bytes);
    const privateKeys = new Map((await keys.privateKeys()).map((key) => [keyFingerprint(key), key]));
    return opening.set(digest, { envelope, dataKey: await unwrapDataKey(envelope, privateKeys) });
  };

  const verifiedSenderOf = (message: SealedMessage): Sender => {
    const digest = digestOf(message.certificate);
    const sender = senders.get(digest) ?? senders.set(digest, senderOf(message.certificate, ca));
    verifySignature(message, sender);
    return sender;
  };

  const decodeOne = async (payload: Payload, run: string | undefined): Promise<Payload> => {
    if (isSaidByTemporal(payload)) return payload;
    const message = messageOf(payload);
    const { uri } = verifiedSenderOf(message);
    if (!keys.acceptsSender(uri)) throw new Error(`it comes from "${uri}"`);
    const { envelope, dataKey } = await openingKeyOf(message.envelope);
    if (run !== undefined && envelope.run !== run) throw new Error(`it was sealed for ${envelope.run ?? 'no run'}`);
    const plain = open(message, dataKey);
    const name = nameOf(
      envelope.run,
      envelope.keys.map(({ to }) => to),
    );
    if (keys.makesKeys(uri) && !sealing.get(name)) remember(name, { envelope: message.envelope, dataKey });
    return parsePayload(plain);
  };

  return {
    encode: async (payloads, context) => {
      if (payloads.length === 0) return [];
      const key = await sealingKeyOf(context?.workflowId ?? null);
      const sealer = keys.sealer();
      return payloads.map((payload) => payloadOf(seal(bytesOf(payload), key, sealer)));
    },
    decode: async (payloads, context) => {
      const opened: Payload[] = [];
      for (const payload of payloads)
        try {
          opened.push(await decodeOne(payload, context?.workflowId));
        } catch (cause) {
          const reason = cause instanceof Error ? cause.message : String(cause);
          throw new PayloadUnreadable(`a message cannot be read: ${reason}`, { cause });
        }
      return opened;
    },
  };
}

const isSaidByTemporal = ({ metadata, data }: Payload): boolean =>
  Buffer.from(metadata?.encoding ?? []).toString() === 'json/plain' &&
  Buffer.from(data ?? []).toString() === saidByTemporal;

const payloadOf = ({ envelope, certificate, signature, data }: SealedMessage): Payload => ({
  metadata: { encoding: text(encrypted), envelope, certificate, signature },
  data,
});

function messageOf({ metadata, data }: Payload): SealedMessage {
  const { encoding, envelope, certificate, signature } = metadata ?? {};
  if (!encoding || Buffer.from(encoding).toString() !== encrypted) throw new Error('it is not sealed');
  if (!envelope || !certificate || !signature || !data) throw new Error('a part of it is missing');
  return { envelope, certificate, signature, data };
}

/** The payload as one piece of bytes: a line of JSON with its metadata in base64, and its data. */
function bytesOf({ metadata, data }: Payload): Buffer {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  return Buffer.concat([Buffer.from(`${JSON.stringify(Object.fromEntries(entries))}\n`), Buffer.from(data ?? [])]);
}

function parsePayload(bytes: Buffer): Payload {
  const end = bytes.indexOf('\n');
  const entries = Object.entries(JSON.parse(bytes.subarray(0, end).toString()) as Record<string, string>);
  const metadata = Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64')]));
  return { metadata, data: bytes.subarray(end + 1) };
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

const nameOf = (run: string | null, recipients: string[]): string => `${run} ${recipients.toSorted().join()}`;
