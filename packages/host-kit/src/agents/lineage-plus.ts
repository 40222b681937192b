import { AppError, type HostId, images, LineagePlusParameters, type RunJobInput } from '@bigeye/contracts';
import type { RegisteredHost } from '../agent-file.ts';
import type { AgentSettings, PostgresConnection } from '../agent-settings.ts';
import { renderProperties } from './properties.ts';
import type { AgentRunPlan } from './run-files.ts';

/**
 * The documented `lineage run` as a container: parameters of the job and connections of this host → arguments and files.
 * Throws AGENT_NOT_INSTALLED, CONNECTION_NOT_FOUND or INVALID_INPUT.
 */
export function planLineagePlusRun(input: RunJobInput, host: RegisteredHost, settings: AgentSettings): AgentRunPlan {
  const installed = settings.agents.lineage_plus;
  if (installed === undefined)
    throw new AppError('AGENT_NOT_INSTALLED', { agentType: 'LINEAGE_PLUS', hostId: host.hostId });
  const parameters = parseParameters(input);
  const files: Record<string, string> = { 'run.json': `${JSON.stringify(runFileOf(input), null, 2)}\n` };
  const secrets = [host.agentApiKey];
  for (const connector of new Set(parameters.connectors)) {
    const connections = connectionsOf(settings, connector, parameters.connectionName, host.hostId);
    files[`${connector}.properties`] = renderProperties(connections.map((one) => postgresProperties(one, host)));
    secrets.push(...connections.map((connection) => connection.password));
  }
  return {
    image: installed?.image ?? images.lineagePlus,
    command: ['run', ...parameters.connectors.flatMap((type) => ['-c', type]), ...nameArguments(parameters)],
    files,
    secrets: secrets.filter(Boolean),
  };
}

function parseParameters(input: RunJobInput): LineagePlusParameters {
  const parsed = LineagePlusParameters.safeParse(input.parameters);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
  throw new AppError('INVALID_INPUT', { issues });
}

const nameArguments = ({ connectionName }: LineagePlusParameters): string[] =>
  connectionName ? ['-n', connectionName] : [];

function runFileOf({ protocolVersion, runId, jobId, hostId, agentType }: RunJobInput) {
  return { protocolVersion, runId, jobId, hostId, agentType };
}

function connectionsOf(settings: AgentSettings, connector: string, name: string | undefined, hostId: HostId) {
  const all = connector === 'postgres' ? settings.connectors.postgres : [];
  const chosen = name === undefined ? all : all.filter((connection) => connection.name === name);
  if (chosen.length === 0)
    throw new AppError('CONNECTION_NOT_FOUND', { connector, connectionName: name ?? '', hostId });
  return chosen;
}

function postgresProperties(connection: PostgresConnection, host: RegisteredHost): Record<string, string> {
  return {
    'environment.name': connection.name,
    'bigeye.host': host.apiUrl,
    'bigeye.apikey': host.agentApiKey,
    'bigeye.allowed.workspaces': '1',
    'postgres.host': connection.host,
    'postgres.port': String(connection.port),
    'postgres.database': connection.database,
    'postgres.username': connection.username,
    'postgres.password': connection.password,
    'postgres.sslmode': connection.sslmode,
    ...(connection.schemas ? { 'postgres.schemas': connection.schemas.join(',') } : {}),
  };
}
