import {
  type AgentType,
  AppError,
  agentTypes,
  type ConnectorType,
  connectorsReadBy,
  type ManagedAgent,
  type RunJobInput,
} from '@bigeye/contracts';
import type { AgentSettings } from '../agent-settings.ts';
import { agentsOnHost } from '../agents-on-host.ts';
import type { Connection } from '../connectors/connector-on-host.ts';
import { secretsOf } from '../connectors/properties-file.ts';
import { connectorsOnHost } from '../connectors-on-host.ts';
import type { RegisteredHost } from '../registered-host.ts';
import type { AgentOnHost, AgentSection, AgentsOnHost, RunSurroundings } from './agent-on-host.ts';

/** What an agent's container gets: its image, arguments and the files in `/in`. */
export interface AgentRunPlan {
  image: string;
  command: string[];
  files: Record<string, string>;
}

/** An agent that `bigeye_agent.yml` says is installed. */
interface InstalledAgent {
  type: AgentType;
  agent: AgentOnHost;
  section: AgentSection;
  image: string;
}

/** What a host has of a type: how to run it. Undefined where this version cannot install the type. */
export const findAgentOnHost = (type: string): { type: AgentType; agent: AgentOnHost; image: string } | undefined =>
  installableAgents().find((one) => one.type === type);

/** The types that `install` can install. */
export function installableAgents(): { type: AgentType; agent: AgentOnHost; image: string }[] {
  return (Object.entries(agentsOnHost as AgentsOnHost) as [AgentType, AgentOnHost][]).flatMap(([type, agent]) => {
    const { image } = agentTypes[type];
    return image === null ? [] : [{ type, agent, image }];
  });
}

/**
 * Parameters of the job and settings of this host → what the run's container gets. Throws AGENT_NOT_INSTALLED,
 * CONNECTION_NOT_FOUND, INVALID_INPUT.
 */
export function planAgentRun(input: RunJobInput, host: RegisteredHost, settings: AgentSettings): AgentRunPlan {
  const { agentType } = input;
  const installed = installedAgentsOf(settings).find(({ type }) => type === agentType);
  if (!installed) throw new AppError('AGENT_NOT_INSTALLED', { agentType, hostId: host.hostId });
  const { agent, section, image } = installed;
  const getConnections: RunSurroundings<AgentSection>['getConnections'] = (connector, name) => {
    const known = connectorsReadBy(agentType).find((one) => one === connector);
    const all = known === undefined ? [] : connectionsOf(settings, known);
    const connections = all.filter((connection) => name === undefined || connection.name === name);
    if (known === undefined || connections.length === 0)
      throw new AppError('CONNECTION_NOT_FOUND', { connector, connectionName: name ?? '', hostId: host.hostId });
    return { connector: known, connections };
  };
  const { command, files } = agent.planRun(input.parameters, { host, section, getConnections });
  return { image, command, files: { 'run.json': runFileOf(input), ...files } };
}

const runFileOf = ({ protocolVersion, runId, jobId, hostId, agentType }: RunJobInput): string =>
  `${JSON.stringify({ protocolVersion, runId, jobId, hostId, agentType }, null, 2)}\n`;

/** The agents of `bigeye_agent.yml` as the control plane records them: names of connections, never their secrets. */
export function managedAgentsOf(settings: AgentSettings): ManagedAgent[] {
  return installedAgentsOf(settings).map(({ type, image }) => ({
    type,
    image,
    connections: connectorsReadBy(type).flatMap((connector) =>
      connectionsOf(settings, connector).map(({ name }) => ({ connector, name })),
    ),
  }));
}

/** Everything of this host that must not appear in a log. */
export function secretsOfHost(host: Pick<RegisteredHost, 'agentApiKey'>, settings: AgentSettings): string[] {
  return [
    host.agentApiKey,
    ...installedAgentsOf(settings).flatMap(({ agent, section }) => agent.secretsOf(section)),
    ...(Object.keys(connectorsOnHost) as ConnectorType[]).flatMap((connector) =>
      secretsOf(connector, connectionsOf(settings, connector)),
    ),
  ];
}

export const connectionsOf = (settings: AgentSettings, connector: ConnectorType): Connection[] =>
  settings.connectors[connector];

function installedAgentsOf(settings: AgentSettings): InstalledAgent[] {
  const sections: Record<string, unknown> = settings.agents;
  return installableAgents().flatMap(({ type, agent, image }) => {
    if (sections[agent.key] === undefined) return [];
    const section = agent.section.parse(sections[agent.key] ?? {});
    return [{ type, agent, section, image: section.image ?? image }];
  });
}
