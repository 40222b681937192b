import { type AgentType, agentTypes, type ConnectorType } from '@bigeye/contracts';
import type { AgentSettings } from '../agent-settings.ts';
import { agentsOnHost } from '../agents-on-host.ts';
import type { Connection } from '../connectors/connector-on-host.ts';
import type { AgentOnHost, AgentSection, AgentsOnHost } from './agent-on-host.ts';

/** An agent type that this version can install, with the image that it brings. */
export interface InstallableAgent {
  type: AgentType;
  agent: AgentOnHost;
  image: string;
}

export function installableAgents(): InstallableAgent[] {
  return (Object.entries(agentsOnHost as AgentsOnHost) as [AgentType, AgentOnHost][]).flatMap(([type, agent]) => {
    const { image } = agentTypes[type];
    return image === null ? [] : [{ type, agent, image }];
  });
}

/** Undefined for a word that is no type, and for a type that this version cannot install. */
export const findInstallableAgent = (type: string): InstallableAgent | undefined =>
  installableAgents().find((one) => one.type === type);

/** The agents that `bigeye_agent.yml` says are installed; each with its section, and the image that it names if it names one. */
export function installedAgentsOf(settings: AgentSettings): (InstallableAgent & { section: AgentSection })[] {
  return installableAgents().flatMap(({ type, agent, image }) => {
    const section = settings.agents[agent.key];
    return section === undefined ? [] : [{ type, agent, section: section ?? {}, image: section?.image ?? image }];
  });
}

export const connectionsOf = (settings: AgentSettings, connector: ConnectorType): Connection[] =>
  settings.connectors[connector];
