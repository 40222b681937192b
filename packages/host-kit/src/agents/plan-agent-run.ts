import { AppError, connectorsReadBy, type RunJobInput } from '@bigeye/contracts';
import type { AgentSettings } from '../agent-settings.ts';
import type { RegisteredHost } from '../registered-host.ts';
import type { AgentSection, RunSurroundings } from './agent-on-host.ts';
import { connectionsOf, installedAgentsOf } from './installed-agents.ts';

/** What an agent's container gets: its image, arguments and the files in `/in`. */
export interface AgentRunPlan {
  image: string;
  command: string[];
  /** May hold secrets, so they are readable by the run's user only. */
  files: Record<string, string>;
}

/**
 * Parameters of the job and settings of this host → what the run's container gets. Throws AGENT_NOT_INSTALLED,
 * CONNECTION_NOT_FOUND, INVALID_INPUT.
 */
export function planAgentRun(input: RunJobInput, host: RegisteredHost, settings: AgentSettings): AgentRunPlan {
  const { agentType, hostId } = input;
  const installed = installedAgentsOf(settings).find(({ type }) => type === agentType);
  if (!installed) throw new AppError('AGENT_NOT_INSTALLED', { agentType, hostId });
  const { agent, section, image } = installed;
  const getConnections: RunSurroundings<AgentSection>['getConnections'] = (word, name) => {
    const connector = connectorsReadBy(agentType).find((one) => one === word);
    const all = connector === undefined ? [] : connectionsOf(settings, connector);
    const connections = all.filter((connection) => name === undefined || connection.name === name);
    if (connector === undefined || connections.length === 0)
      throw new AppError('CONNECTION_NOT_FOUND', { connector: word, connectionName: name ?? '', hostId });
    return { connector, connections };
  };
  const { command, files } = agent.planRun(input.parameters, { host, section, getConnections });
  return { image, command, files: { 'run.json': runFileOf(input), ...files } };
}

const runFileOf = ({ protocolVersion, runId, jobId, hostId, agentType }: RunJobInput): string =>
  `${JSON.stringify({ protocolVersion, runId, jobId, hostId, agentType }, null, 2)}\n`;
