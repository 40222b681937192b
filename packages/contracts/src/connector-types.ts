import type { ConnectorDescriptor } from './connectors/connector-descriptor.ts';
import { postgres } from './connectors/postgres.ts';

/** The connectors of this version, by their keys in `bigeye_agent.yml`. CONTRIBUTING.md says what another one needs. */
export const connectorTypes = {
  postgres,
} as const satisfies Record<string, ConnectorDescriptor>;

export type ConnectorType = keyof typeof connectorTypes;

/** Whether a word of a command or a file names one of them. */
export const isConnectorType = (word: string): word is ConnectorType => Object.hasOwn(connectorTypes, word);
