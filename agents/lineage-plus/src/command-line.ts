import { parseArgs } from 'node:util';
import { AgentFailure } from '@bigeye/agent-kit';

export interface RunOptions {
  readonly command: 'run' | 'check' | 'explain';
  /** Name of the one connection to use; all when undefined. */
  readonly connectionName: string | undefined;
  readonly inFolder: string;
  readonly outFolder: string;
  /** Resolve and write files, send nothing. */
  readonly dryRun: boolean;
  /** `database.schema.table.column`, for explain. */
  readonly column: string | undefined;
}

const commands = ['run', 'check', 'explain'] as const;
const help =
  'run|check [-c postgres] [-n NAME] [--dry-run] [--in DIR] [--out DIR], or explain DB.SCHEMA.TABLE.COLUMN (quoted as in PostgreSQL)';

/** Reads the arguments of the container; `version` asks for no work. Throws AgentFailure `usage`. */
export function parseCommandLine(args: readonly string[]): RunOptions | 'version' {
  const { values, positionals } = parse(args[0] === 'lineage' ? args.slice(1) : args);
  if (values.version) return 'version';
  const [word, column, ...rest] = positionals;
  const command = commands.find((known) => known === word);
  if (command === undefined || rest.length > 0 || (command === 'explain') !== (column !== undefined)) throw usage('');
  const connectors = (values.connector ?? []).flatMap((value) => value.split(','));
  const foreign = connectors.find((connector) => connector !== 'postgres');
  if (foreign !== undefined) throw usage(`The connector "${foreign}" is not supported; this image reads postgres. `);
  return {
    command,
    connectionName: values.name,
    inFolder: values.in,
    outFolder: values.out,
    dryRun: values['dry-run'],
    column,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        connector: { type: 'string', short: 'c', multiple: true },
        name: { type: 'string', short: 'n' },
        in: { type: 'string', default: '/in' },
        out: { type: 'string', default: '/out' },
        'dry-run': { type: 'boolean', default: false },
        version: { type: 'boolean', default: false },
        // Both concern the host and the control plane; here they are accepted, so that one command line serves all.
        'no-sync': { type: 'boolean', default: false },
        'skip-notifications': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw usage(error instanceof Error ? `${error.message} ` : '');
  }
}

function usage(fault: string): AgentFailure {
  return new AgentFailure('usage', `${fault}The command line is not understood.`, `Use ${help}.`);
}
