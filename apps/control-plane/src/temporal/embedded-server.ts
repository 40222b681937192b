import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError, isAppError } from '@bigeye/contracts';
import { endingWithUs, isFree, launchServer, listensOn } from '@bigeye/server-kit';
import { type Logger, reasonOf } from '@bigeye/service-kit';
import { endLeftOver } from '../machine/left-over.ts';
import { superviseServer } from '../machine/supervise-server.ts';

const orderlyStop = { signal: 'SIGTERM', timeoutMs: 10_000 } as const;

/** Measured to be 3 to 5 times quicker than the defaults, losing nothing at a kill. */
const settings = [
  '--headless',
  ...['--log-level', 'warn', '--search-attribute', 'HostId=Keyword'],
  ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
  ...[
    // It opens its HTTP API too, where any web page could send to. No host of a request is let in there.
    'frontend.httpAllowedHosts=[]',
    'history.transferProcessorMaxPollRPS=1000',
    'history.timerProcessorMaxPollRPS=1000',
    'matching.numTaskqueueReadPartitions=1',
    'matching.numTaskqueueWritePartitions=1',
    'frontend.namespaceCount=20000',
    // When thousands of hosts come back at once, their polls are let through and not told to wait.
    'frontend.rps=20000',
    'frontend.namespaceRPS=20000',
    'matching.rps=20000',
    'frontend.enableCancelWorkerPollsOnShutdown=true',
    'frontend.WorkerCommandsEnabled=true',
    'system.enableCancelActivityWorkerCommand=true',
  ].flatMap((value) => ['--dynamic-config-value', value]),
];

export interface EmbeddedServer extends AsyncDisposable {
  /** host:port on loopback; the same over all restarts. */
  address: string;
}

/**
 * Runs the Temporal CLI's server as a child, with its database in `<dataDir>/temporal.db`, and starts it again whenever it dies.
 * For the holder of the data folder's lock only. A server left over from a control plane that was killed is ended first: two
 * must not share the file. Throws TEMPORAL_PORT_TAKEN rather than talk to whoever listens there, and CONFIG_INVALID.
 */
export async function startEmbeddedServer(options: {
  cli: string;
  dataDir: string;
  port: number;
  /** Made by the server where it is not there yet. */
  namespace?: string;
  log: Logger;
  signal?: AbortSignal | undefined;
}): Promise<EmbeddedServer> {
  const { cli, port, log } = options;
  const dataDir = resolve(options.dataDir);
  const database = join(dataDir, 'temporal.db');
  const pidFile = join(dataDir, 'temporal.pid');
  const address = `127.0.0.1:${port}`;
  if (await endLeftOver(readPid(pidFile), database, 'SIGKILL'))
    log.info('ended a Temporal server that an earlier control plane left behind');

  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--db-filename', database];
  if (options.namespace !== undefined) flags.push('--namespace', options.namespace);
  const launch = async (signal: AbortSignal) => {
    if (!(await isFree(port))) throw new AppError('TEMPORAL_PORT_TAKEN', { port });
    const command = endingWithUs('KILL', [cli, 'server', 'start-dev', ...flags, ...settings]);
    const isReady = (pid: number) => {
      writeFileSync(pidFile, String(pid));
      return listensOn(pid, port);
    };
    return await launchServer({ command, isReady, signal });
  };
  const server = await superviseServer({ name: 'Temporal', launch, orderlyStop, log, signal: options.signal }).catch(
    (cause: unknown) => {
      rmSync(pidFile, { force: true });
      if (isAppError(cause) || options.signal?.aborted) throw cause;
      const problem = `${cli}: ${reasonOf(cause)} (set TEMPORAL_CLI or TEMPORAL_ADDRESS)`;
      const details = { program: 'the embedded Temporal server', problems: [problem] };
      throw new AppError('CONFIG_INVALID', details, { cause });
    },
  );
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(pidFile, { force: true });
    },
  };
}

function readPid(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}
