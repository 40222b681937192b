import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec, type PayloadKeys } from './payload-codec.ts';

/** In a bundle the file beside ours is a built one. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'mjs';

/** For the bundler of workflow code, which must convert failures as everyone else does. */
export const failureConverterPath = fileURLToPath(new URL(`./failure-converter.${extension}`, import.meta.url));

/** How clients and workers turn values into what Temporal stores: everything sealed, failures too. */
export const createDataConverter = (keys: PayloadKeys): DataConverter => ({
  failureConverterPath,
  payloadCodecs: [createPayloadCodec(keys)],
});
