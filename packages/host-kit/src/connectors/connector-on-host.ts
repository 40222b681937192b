import type { z } from 'zod';

/** One entry below `connectors.<type>` of `bigeye_agent.yml`. It holds secrets and stays on this host. */
export interface Connection {
  name: string;
  [field: string]: unknown;
}

/** What a host must know of a connector; its fields and words are in the contracts. */
export interface ConnectorOnHost {
  /** What an entry must look like. Its keys are the fields of the contracts, and `name`. */
  connection: z.ZodType<Connection>;
  /** Where the source listens, for a look before a connection is saved. Undefined: nothing can be looked at. */
  addressOf(connection: Connection): { host: string; port: number } | undefined;
}

/** `addressOf` gets what `connection` has parsed. */
export const connectorOnHost = <T extends Connection>(connector: {
  connection: z.ZodType<T>;
  addressOf(connection: T): { host: string; port: number } | undefined;
}): ConnectorOnHost => connector;
