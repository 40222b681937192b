import { AgentFailure, readNumberedProperties } from '@bigeye/agent-kit';
import { z } from 'zod';

const SslMode = z.enum(['disable', 'prefer', 'require', 'verify-full']);
export type SslMode = z.infer<typeof SslMode>;

/** One named connection of `postgres.properties`: a source, and the control plane that its lineage goes to. */
export interface PostgresConnection {
  readonly name: string;
  readonly bigeye: { readonly host: string; readonly apiKey: string; readonly workspaceId: number };
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly sslMode: SslMode;
  /** Schemas to report; all but the system's when undefined. */
  readonly schemas: readonly string[] | undefined;
}

const text = z.string().trim();
const Properties = z.object({
  'environment.name': text.min(1),
  'bigeye.host': text.pipe(z.url()),
  'bigeye.apikey': text.min(1),
  'bigeye.allowed.workspaces': z
    .string()
    .regex(/^\d*(\s*,\s*\d+)*$/, 'must be numbers, separated by commas')
    .default('1'),
  'postgres.host': text.min(1),
  'postgres.port': z.coerce.number().int().min(1).max(65_535).default(5432),
  'postgres.database': text.min(1),
  'postgres.username': text.min(1),
  'postgres.password': z.string().default(''),
  'postgres.sslmode': text.default('prefer').pipe(SslMode),
  'postgres.schemas': z.string().default(''),
});

/** Reads all connections of the file. Throws AgentFailure `usage` naming every fault of a connection at once. */
export function parsePostgresConnections(text: string, fileName: string): PostgresConnection[] {
  const numbered = readNumberedProperties(text, { fileName, knownNames: Object.keys(Properties.shape) });
  const connections = [...numbered].map(([number, values]) => toConnection(number, values, fileName));
  if (connections.length > 0) return connections;
  throw new AgentFailure(
    'usage',
    `${fileName} has no connection.`,
    'Add one, for example postgres.host.1=db.example.com.',
  );
}

function toConnection(number: number, values: Record<string, string>, fileName: string): PostgresConnection {
  const parsed = Properties.safeParse(values);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}.${number}: ${issue.message}`).join('; ');
    throw new AgentFailure(
      'usage',
      `${fileName} has faults: ${faults}.`,
      'Correct them in the connection and run again.',
    );
  }
  const value = parsed.data;
  const schemas = list(value['postgres.schemas']);
  return {
    name: value['environment.name'],
    bigeye: {
      host: value['bigeye.host'],
      apiKey: value['bigeye.apikey'],
      workspaceId: Number(list(value['bigeye.allowed.workspaces'])[0] ?? '1'),
    },
    host: value['postgres.host'],
    port: value['postgres.port'],
    database: value['postgres.database'],
    user: value['postgres.username'],
    password: value['postgres.password'],
    sslMode: value['postgres.sslmode'],
    schemas: schemas.length === 0 ? undefined : schemas,
  };
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
