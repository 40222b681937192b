import { z } from 'zod';
import type { AgentDescriptor, BatchAgentDescriptor } from './agents/agent-descriptor.ts';
import { crossSource } from './agents/cross-source.ts';
import { dataSource } from './agents/data-source.ts';
import { dataHealth } from './agents/datahealth.ts';
import { externalMonitors } from './agents/external-monitors.ts';
import { lineagePlus } from './agents/lineage-plus.ts';
import { sds } from './agents/sds.ts';
import { type ConnectorType, connectorTypes } from './connector-types.ts';

/** The agent types, by the documented keys. CONTRIBUTING.md says what another one needs: nothing but this list knows them all. */
export const agentTypes = {
  LINEAGE_PLUS: lineagePlus,
  DATAHEALTH: dataHealth,
  EXTERNAL_MONITORS: externalMonitors,
  DATA_SOURCE: dataSource,
  SDS: sds,
  CROSS_SOURCE: crossSource,
} as const satisfies Record<string, AgentDescriptor>;

export type AgentType = keyof typeof agentTypes;
export const AgentType = z.enum(Object.keys(agentTypes) as AgentType[]);

export type BatchAgentType = {
  [Type in AgentType]: (typeof agentTypes)[Type]['kind'] extends 'batch' ? Type : never;
}[AgentType];
/** Only batch agents have jobs; persistent ones are recorded on their host. */
export const BatchAgentType = z.enum(
  AgentType.options.filter((type): type is BatchAgentType => agentTypes[type].kind === 'batch'),
);

/** What is told of a type whichever it is: the precise types differ in their parameters. */
export const batchAgent = (type: BatchAgentType): BatchAgentDescriptor => agentTypes[type];

/** The types whose image this version brings. */
export const installableTypes: AgentType[] = AgentType.options.filter((type) => agentTypes[type].image !== null);

/** The connectors whose connections an agent of the type reads. */
export function connectorsReadBy(type: AgentType): ConnectorType[] {
  const descriptor: AgentDescriptor = agentTypes[type];
  const kinds = descriptor.kind === 'batch' ? descriptor.reads : [];
  return (Object.keys(connectorTypes) as ConnectorType[]).filter((name) => kinds.includes(connectorTypes[name].kind));
}

/** A job's parameters as stored and sent to its host: validated by the descriptor of its agent type where they enter. */
export const AgentParameters = z.record(z.string(), z.unknown());
export type AgentParameters = z.infer<typeof AgentParameters>;
