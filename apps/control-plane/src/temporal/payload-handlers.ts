import type { SomeHandlers } from '../http/handlers.ts';
import type { PayloadReader } from './payload-reader.ts';

/** The codec endpoint, by which authorised people read sealed messages in Temporal's own UI. */
export function createPayloadHandlers({ payloadReader }: { payloadReader: PayloadReader }) {
  return { decodePayloads: ({ body }) => payloadReader.decode(body) } satisfies SomeHandlers;
}
