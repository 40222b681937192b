import { z } from 'zod';
import { productVersion } from '../product.ts';
import { storableText } from '../scalars.ts';
import type { BatchAgentDescriptor } from './agent-descriptor.ts';

/** Mirrors the options of `bigeye-agent lineage run`. */
const LineagePlusParameters = z.strictObject({
  connectors: z
    .array(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/))
    .min(1)
    .max(16)
    .describe('Connector types to collect from, for example postgres.'),
  connectionName: storableText(128).min(1).optional().describe('One named connection; without it, all of the type.'),
  noSync: z.boolean().optional().describe('Do not regenerate the connector files first.'),
  skipNotifications: z.boolean().optional().describe('Send no e-mail for runs of this job.'),
});

export const lineagePlus = {
  kind: 'batch',
  name: 'Lineage Plus',
  does: 'reads the views of a database and delivers where each of their columns comes from',
  image: `bigeyedata/lineage-plus-connector:${productVersion}`,
  parameters: LineagePlusParameters,
  suggests: { connectors: 'connectors', connectionName: 'connection names' },
  reads: ['database'],
} as const satisfies BatchAgentDescriptor;
