import { z } from 'zod';
import { ConnectionName } from './connection-name.ts';
import { connectorOnHost } from './connector-on-host.ts';

const PostgresConnection = z.looseObject({
  name: ConnectionName,
  host: z.string().min(1),
  port: z.coerce.number().int().min(1).max(65_535).default(5432),
  database: z.string().min(1),
  username: z.string().min(1),
  password: z.coerce.string(),
  sslmode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).default('prefer'),
  schemas: z.array(z.string().min(1)).optional().describe('Only these schemas; without it, all that are visible.'),
});

export const postgres = connectorOnHost({
  connection: PostgresConnection,
  addressOf: ({ host, port }) => ({ host, port }),
});
