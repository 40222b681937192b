import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@bigeye/contracts';
import { type AgentFile, importPostgresConnections, loadAgentFile, PostgresConnection } from '@bigeye/host-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { checkReach } from '../host/check-reach.ts';
import { isRegistered, pushManagedAgents } from '../host/push-managed-agents.ts';

interface AddConnectorFlags {
  connector?: string[];
  fromExisting?: string;
  skipValidation?: boolean;
  name?: string;
  host?: string;
  port?: string;
  database?: string;
  username?: string;
  password?: string;
  passwordFile?: string;
  sslmode?: string;
  schemas?: string;
}

const connector = 'postgres';

export const addConnectorCommand = new Command('add-connector')
  .description('add a connection to a data source; its secrets stay in bigeye_agent.yml')
  .option('-c, --connector <type...>', connector)
  .option('--from-existing <path>', '-fe: take the connections of a properties file')
  .option('--skip-validation', '-sv: do not check that the source can be reached')
  .option('--name <name>', 'name of the connection')
  .option('--host <host>', 'as the agent reaches it from its container')
  .option('--port <port>', 'default 5432')
  .option('--database <name>')
  .option('--username <name>')
  .option('--password <password>', 'visible to others of this machine while the command runs; see --password-file')
  .option('--password-file <path>', 'file that holds the password')
  .option('--sslmode <mode>', 'disable, prefer, require, verify-ca or verify-full')
  .option('--schemas <list>', 'only these, separated by commas')
  .option('--json', 'print the result as JSON')
  .action(async (flags: AddConnectorFlags, command: Command) => addConnector(contextOf(command), flags));

async function addConnector(context: CommandContext, flags: AddConnectorFlags): Promise<void> {
  const { home, terminal } = context;
  await assertConnector(context, flags.connector ?? []);
  const file = loadAgentFile(home);
  const connections = flags.fromExisting
    ? readExisting(flags.fromExisting)
    : [parseConnection(await askConnection(context, flags))];
  assertNewNames(file, connections);
  if (!flags.skipValidation) for (const connection of connections) await checkConnection(context, connection);
  for (const connection of connections) file.append(['connectors', connector], connection);
  file.save();
  const { settings } = file;
  if (isRegistered(settings))
    await terminal.step('managed agents pushed to the control plane', () => pushManagedAgents(home, settings));
  const names = connections.map(({ name }) => name);
  terminal.result([`Added ${connector}: ${names.join(', ')}.`], { connector, names });
}

async function assertConnector({ terminal }: CommandContext, given: string[]): Promise<void> {
  const choice = { flag: '--connector', message: 'Connector' };
  const types =
    given.length > 0 ? given : [await terminal.askChoice(choice, [{ value: connector, label: 'PostgreSQL' }])];
  const unknown = types.find((type) => type !== connector);
  if (unknown !== undefined)
    throw new AppError('USAGE', { reason: `--connector: "${unknown}" is not known; this version has ${connector}.` });
}

async function askConnection({ terminal }: CommandContext, flags: AddConnectorFlags): Promise<Record<string, unknown>> {
  const ask = async (flag: string, message: string, given: string | undefined) =>
    given ?? (await terminal.askText({ flag, message }));
  return {
    name: await ask('--name', 'Name of the connection', flags.name),
    host: await ask('--host', 'Host, as the agent reaches it', flags.host),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    database: await ask('--database', 'Database', flags.database),
    username: await ask('--username', 'User name', flags.username),
    password: await askPassword(terminal, flags),
    ...(flags.sslmode === undefined ? {} : { sslmode: flags.sslmode }),
    ...(flags.schemas === undefined ? {} : { schemas: flags.schemas.split(',').map((schema) => schema.trim()) }),
  };
}

async function askPassword(terminal: CommandContext['terminal'], flags: AddConnectorFlags): Promise<string> {
  if (flags.passwordFile !== undefined) return readText(flags.passwordFile, '--password-file').replace(/\r?\n$/, '');
  return flags.password ?? (await terminal.askSecret({ flag: '--password or --password-file', message: 'Password' }));
}

function readExisting(file: string): PostgresConnection[] {
  const found = importPostgresConnections(readText(file, '--from-existing')).map(parseConnection);
  if (found.length === 0)
    throw new AppError('USAGE', {
      reason: `--from-existing: ${path.basename(file)} holds no ${connector} connection.`,
    });
  return found;
}

function readText(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('USAGE', { reason: `${flag}: ${reason}` }, { cause });
  }
}

function parseConnection(values: Record<string, unknown>): PostgresConnection {
  const parsed = PostgresConnection.safeParse(values);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('USAGE', { reason: `${problems.join('; ')}.` });
}

function assertNewNames({ settings }: AgentFile, connections: PostgresConnection[]): void {
  const taken = new Set(settings.connectors.postgres.map(({ name }) => name));
  for (const { name } of connections) {
    if (taken.has(name)) throw new AppError('CONNECTION_EXISTS', { connector, connectionName: name });
    taken.add(name);
  }
}

async function checkConnection({ terminal }: CommandContext, connection: PostgresConnection): Promise<void> {
  const { name, host, port } = connection;
  const reach = await checkReach(connector, connection);
  if (reach === 'unknown name')
    terminal.warn(`${name}: "${host}" does not resolve on this machine, so it was not checked. The agent may know it.`);
  else if (/^(localhost|127\.|\[?::1)/.test(host))
    terminal.warn(`${name}: ${host} is this machine, but inside the agent's container it is the container itself.`);
  else terminal.warn(`${name}: ${host}:${port} answers. User, password and database are checked by the first run.`);
}
