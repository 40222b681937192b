import type { ConnectorType } from '@bigeye/contracts';
import type { ConnectorOnHost } from './connectors/connector-on-host.ts';
import { postgres } from './connectors/postgres.ts';

/** The part of each connector that only hosts need. */
export const connectorsOnHost = {
  postgres,
} as const satisfies Record<ConnectorType, ConnectorOnHost>;
