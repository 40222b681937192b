import { z } from 'zod';
import type { BatchAgentDescriptor } from './agent-descriptor.ts';

const ExternalMonitorsParameters = z.strictObject({
  connector: z.enum(['dbt', 'gx', 'soda']),
  mode: z.enum(['create', 'submit', 'both']).default('both'),
});

export const externalMonitors = {
  kind: 'batch',
  name: 'External Monitors',
  does: 'turns the tests of another tool into monitors, and submits their results',
  image: null,
  parameters: ExternalMonitorsParameters,
  reads: [],
} as const satisfies BatchAgentDescriptor;
