import { z } from 'zod';
import { storableText } from './scalars.ts';

export const AgentType = z.enum([
  'LINEAGE_PLUS',
  'DATAHEALTH',
  'EXTERNAL_MONITORS',
  'DATA_SOURCE',
  'SDS',
  'CROSS_SOURCE',
]);
export type AgentType = z.infer<typeof AgentType>;

/** Only batch agents have jobs; persistent ones are recorded on their host. */
export const BatchAgentType = AgentType.extract(['LINEAGE_PLUS', 'DATAHEALTH', 'EXTERNAL_MONITORS']);
export type BatchAgentType = z.infer<typeof BatchAgentType>;

export const agentTypeNames: Record<AgentType, string> = {
  LINEAGE_PLUS: 'Lineage Plus',
  DATAHEALTH: 'DataHealth',
  EXTERNAL_MONITORS: 'External Monitors',
  DATA_SOURCE: 'Data Source',
  SDS: 'Sensitive Data Scanning',
  CROSS_SOURCE: 'Cross-Source',
};

/** Mirrors the options of `bigeye-agent lineage run`. */
export const LineagePlusParameters = z.strictObject({
  connectors: z
    .array(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/))
    .min(1)
    .max(16)
    .describe('Connector types to collect from, for example postgres.'),
  connectionName: storableText(128).min(1).optional().describe('One named connection; without it, all of the type.'),
  noSync: z.boolean().optional().describe('Do not regenerate the connector files first.'),
  skipNotifications: z.boolean().optional().describe('Send no e-mail for runs of this job.'),
});
export type LineagePlusParameters = z.infer<typeof LineagePlusParameters>;

export const DataHealthParameters = z.strictObject({
  fileName: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/)
    .describe('The credential file of one catalog.'),
  command: z.enum(['sync', 'clear', 'preview']).default('sync'),
});

export const ExternalMonitorsParameters = z.strictObject({
  connector: z.enum(['dbt', 'gx', 'soda']),
  mode: z.enum(['create', 'submit', 'both']).default('both'),
});

export const agentParameters = {
  LINEAGE_PLUS: LineagePlusParameters,
  DATAHEALTH: DataHealthParameters,
  EXTERNAL_MONITORS: ExternalMonitorsParameters,
} as const satisfies Record<BatchAgentType, z.ZodType>;

/** A job's parameters as stored and sent to its host: validated by `agentParameters[type]` where they enter. */
export const AgentParameters = z.record(z.string(), z.unknown());
export type AgentParameters = z.infer<typeof AgentParameters>;
