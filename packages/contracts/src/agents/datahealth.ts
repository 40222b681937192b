import { z } from 'zod';
import type { BatchAgentDescriptor } from './agent-descriptor.ts';

const DataHealthParameters = z.strictObject({
  fileName: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/)
    .describe('The credential file of one catalog.'),
  command: z.enum(['sync', 'clear', 'preview']).default('sync'),
});

export const dataHealth = {
  kind: 'batch',
  name: 'DataHealth',
  does: 'writes the health of tables into a data catalog',
  image: null,
  parameters: DataHealthParameters,
  reads: [],
} as const satisfies BatchAgentDescriptor;
