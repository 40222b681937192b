import { type ConnectorField, type ConnectorType, connectorTypes } from '@bigeye/contracts';
import type { RegisteredHost } from '../registered-host.ts';
import type { Connection } from './connector-on-host.ts';
import { parseProperties, renderProperties } from './properties.ts';

/** What each agent finds beside the fields of a connection: whose they are, and where its results go. */
const commonProperties = (connection: Connection, host: RegisteredHost): Record<string, string> => ({
  'environment.name': connection.name,
  'bigeye.host': host.apiUrl,
  'bigeye.apikey': host.agentApiKey,
  'bigeye.allowed.workspaces': '1',
});

const fieldsOf = (connector: ConnectorType): [name: string, field: ConnectorField][] =>
  Object.entries(connectorTypes[connector].fields);

/** `<connector>.properties`, as agents read it: `<connector>.<field>.N` for each connection in turn. */
export function propertiesFileOf(connector: ConnectorType, connections: Connection[], host: RegisteredHost): string {
  return renderProperties(
    connections.map((connection) => ({
      ...commonProperties(connection, host),
      ...Object.fromEntries(
        fieldsOf(connector).flatMap(([name]) => {
          const value = connection[name];
          return value === undefined
            ? []
            : [[`${connector}.${name}`, Array.isArray(value) ? value.join(',') : String(value)]];
        }),
      ),
    })),
  );
}

/** Values of the secret fields, those that are set. */
export const secretsOf = (connector: ConnectorType, connections: Connection[]): string[] =>
  fieldsOf(connector)
    .filter(([, { type }]) => type === 'secret')
    .flatMap(([name]) => connections.map((connection) => String(connection[name] ?? '')))
    .filter((value) => value !== '');

/** Connections of an existing properties file, by their number, with the names that `bigeye_agent.yml` uses. */
export function importConnections(connector: ConnectorType, text: string): Record<string, unknown>[] {
  const types = new Map(fieldsOf(connector).map(([name, { type }]) => [name, type]));
  const connections = new Map<number, Record<string, unknown>>();
  for (const [key, value] of parseProperties(text)) {
    const [, property = '', index] = /^(.+)\.(\d+)$/.exec(key) ?? [];
    const field = property === 'environment.name' ? 'name' : fieldOf(connector, property);
    if (index === undefined || field === undefined || value === '') continue;
    const parsed = types.get(field) === 'list' ? value.split(',').map((part) => part.trim()) : value;
    connections.set(Number(index), { ...connections.get(Number(index)), [field]: parsed });
  }
  const inOrder = [...connections].sort(([a], [b]) => a - b).map(([, connection]) => connection);
  // A file may hold connections of several connectors, of which these have but their name here.
  return inOrder.filter((connection) => Object.keys(connection).some((field) => field !== 'name'));
}

function fieldOf(connector: ConnectorType, property: string): string | undefined {
  const [type, field, ...more] = property.split('.');
  return type === connector && more.length === 0 ? field : undefined;
}
