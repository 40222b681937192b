import path from 'node:path';
import { AppError, type ConnectorType, connectorTypes, isConnectorType } from '@bigeye/contracts';
import {
  type AgentFile,
  type Connection,
  connectionsOf,
  connectorsOnHost,
  importConnections,
  loadAgentFile,
} from '@bigeye/host-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { checkReach } from '../host/check-reach.ts';
import { askFields, type FieldFlags, readText, withFieldFlags } from '../host/connector-flags.ts';
import { isRegistered, pushManagedAgents } from '../host/push-managed-agents.ts';

interface AddConnectorFlags extends FieldFlags {
  connector?: string[];
  fromExisting?: string;
  skipValidation?: boolean;
  name?: string;
}

const known = Object.keys(connectorTypes) as ConnectorType[];

export const addConnectorCommand = withFieldFlags(
  new Command('add-connector')
    .description('add a connection to a data source; its secrets stay in bigeye_agent.yml')
    .option('-c, --connector <type...>', known.join(', '))
    .option('--from-existing <path>', '-fe: take the connections of a properties file')
    .option('--skip-validation', '-sv: do not check that the source can be reached')
    .option('--name <name>', 'name of the connection'),
)
  .option('--json', 'print the result as JSON')
  .action(async (flags: AddConnectorFlags, command: Command) => addConnector(contextOf(command), flags));

async function addConnector(context: CommandContext, flags: AddConnectorFlags): Promise<void> {
  const { home, terminal } = context;
  const connector = await askConnector(context, flags.connector ?? []);
  const file = loadAgentFile(home);
  const connections = flags.fromExisting
    ? readExisting(connector, flags.fromExisting)
    : [parseConnection(connector, await askConnection(context, connector, flags))];
  assertNewNames(file, connector, connections);
  if (!flags.skipValidation)
    for (const connection of connections) await checkConnection(context, connector, connection);
  for (const connection of connections) file.append(['connectors', connector], connection);
  file.save();
  const { settings } = file;
  if (isRegistered(settings))
    await terminal.step('managed agents pushed to the control plane', () => pushManagedAgents(home, settings));
  const names = connections.map(({ name }) => name);
  terminal.result([`Added ${connector}: ${names.join(', ')}.`], { connector, names });
}

/** One connector a call: each has fields of its own. */
async function askConnector({ terminal }: CommandContext, given: string[]): Promise<ConnectorType> {
  const choices = known.map((value) => ({ value, label: connectorTypes[value].name }));
  const question = { flag: '--connector', message: 'Connector' };
  const types = given.length > 0 ? [...new Set(given)] : [await terminal.askChoice(question, choices)];
  const unknown = types.find((type) => !isConnectorType(type));
  if (unknown !== undefined)
    throw new AppError('USAGE', {
      reason: `--connector: "${unknown}" is not known; this version has ${known.join(', ')}.`,
    });
  const [type = '', ...others] = types;
  if (others.length > 0 || !isConnectorType(type))
    throw new AppError('USAGE', { reason: `--connector: one a call, not ${types.join(', ')}.` });
  return type;
}

async function askConnection({ terminal }: CommandContext, connector: ConnectorType, flags: AddConnectorFlags) {
  const question = { flag: '--name', message: 'Name of the connection' };
  const name = flags.name ?? (await terminal.askText(question));
  return { name, ...(await askFields(terminal, connector, flags)) };
}

function readExisting(connector: ConnectorType, file: string): Connection[] {
  const found = importConnections(connector, readText(file, '--from-existing'));
  if (found.length === 0)
    throw new AppError('USAGE', {
      reason: `--from-existing: ${path.basename(file)} holds no ${connector} connection.`,
    });
  return found.map((values) => parseConnection(connector, values));
}

function parseConnection(connector: ConnectorType, values: Record<string, unknown>): Connection {
  const parsed = connectorsOnHost[connector].connection.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('USAGE', { reason: `${problems.join('; ')}.` });
}

function assertNewNames({ settings }: AgentFile, connector: ConnectorType, connections: Connection[]): void {
  const taken = new Set(connectionsOf(settings, connector).map(({ name }) => name));
  for (const { name } of connections) {
    if (taken.has(name)) throw new AppError('CONNECTION_EXISTS', { connector, connectionName: name });
    taken.add(name);
  }
}

async function checkConnection({ terminal }: CommandContext, connector: ConnectorType, connection: Connection) {
  const { name } = connection;
  const address = connectorsOnHost[connector].addressOf(connection);
  if (!address) return terminal.warn(`${name}: only the first run can tell whether it works.`);
  const { host, port } = address;
  const reach = await checkReach(connector, address);
  if (reach === 'unknown name')
    terminal.warn(`${name}: "${host}" does not resolve on this machine, so it was not checked. The agent may know it.`);
  else if (/^(localhost|127\.|\[?::1)/.test(host))
    terminal.warn(`${name}: ${host} is this machine, but inside the agent's container it is the container itself.`);
  else terminal.warn(`${name}: ${host}:${port} answers. Whether it lets the agent in is seen in the first run.`);
}
