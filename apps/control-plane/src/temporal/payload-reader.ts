import type { Routes } from '@bigeye/contracts';
import { AppError } from '@bigeye/contracts';
import { createPayloadCodec, type PayloadKeys } from '@bigeye/service-kit';
import type { z } from 'zod';

type CodecPayloads = z.output<Routes['decodePayloads']['body']>;

/** Opens sealed payloads for an authorised person, in the words of Temporal's remote codec protocol. */
export interface PayloadReader {
  /** What was never sealed is given back as it is. Throws PAYLOAD_UNREADABLE. */
  decode(input: CodecPayloads): Promise<CodecPayloads>;
}

export function createPayloadReader(keys: PayloadKeys): PayloadReader {
  const codec = createPayloadCodec(keys);
  return {
    decode: async ({ payloads }) => ({ payloads: await Promise.all(payloads.map(decodeOne)) }),
  };

  async function decodeOne(payload: CodecPayloads['payloads'][number]): Promise<typeof payload> {
    const metadata = mapValues(payload.metadata ?? {}, (value) => Buffer.from(value, 'base64'));
    if (metadata.encoding?.toString() !== 'binary/encrypted') return payload;
    const sealed = { metadata, data: Buffer.from(payload.data ?? '', 'base64') };
    const [opened] = await codec.decode([sealed]).catch((cause: unknown) => {
      throw new AppError('PAYLOAD_UNREADABLE', {}, { cause });
    });
    return {
      metadata: mapValues(opened?.metadata ?? {}, (value) => Buffer.from(value).toString('base64')),
      data: Buffer.from(opened?.data ?? []).toString('base64'),
    };
  }
}

const mapValues = <From, To>(record: Record<string, From>, map: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
