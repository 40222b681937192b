import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { AppError } from '@bigeye/contracts';
import { backOffMs, type Logger, pause } from '@bigeye/service-kit';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;

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
 * Runs the Temporal CLI's server as a child, with its database in `<dataDir>/temporal.db`, and starts it again whenever
 * it dies. A server left over from a control plane that was killed is ended first: two must not share the file.
 */
export async function startEmbeddedServer(options: {
  cli: string;
  dataDir: string;
  port: number;
  log: Logger;
}): Promise<EmbeddedServer> {
  const { cli, port, log } = options;
  const dataDir = resolve(options.dataDir);
  const database = join(dataDir, 'temporal.db');
  const pidFile = join(dataDir, 'temporal.pid');
  const address = `127.0.0.1:${port}`;
  await endLeftOver(pidFile, database, log);

  const closing = new AbortController();
  let child: ChildProcess | undefined;
  const launch = async (): Promise<void> => {
    const args = [
      'server',
      'start-dev',
      '--ip',
      '127.0.0.1',
      '--port',
      String(port),
      '--db-filename',
      database,
      ...settings,
    ];
    const started = spawn(cli, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    let lastWords = '';
    started.stderr?.on('data', (data: Buffer) => {
      lastWords = (lastWords + data.toString()).slice(-2000);
    });
    const exited = new Promise<never>((_, reject) => {
      started.once('error', (error) => reject(error));
      started.once('exit', (code, signal) => reject(new Error(`ended with ${signal ?? code}: ${lastWords.trim()}`)));
    });
    // Handled here or by the waiting below; a later exit is the supervisor's to see.
    exited.catch(() => undefined);
    if (started.pid) writeFileSync(pidFile, String(started.pid));
    await Promise.race([untilListening(port, closing.signal), exited]);
  };

  try {
    await launch();
  } catch (cause) {
    child?.kill('SIGKILL');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError(
      'CONFIG_INVALID',
      {
        program: 'the embedded Temporal server',
        problems: [`${cli}: ${reason} (set TEMPORAL_CLI or TEMPORAL_ADDRESS)`],
      },
      { cause },
    );
  }

  const supervising = (async () => {
    for (let attempt = 0; !closing.signal.aborted; ) {
      await exitOf(child);
      if (closing.signal.aborted) return;
      log.warn({ attempt }, 'embedded Temporal server died; starting it again');
      await pause(attempt === 0 ? 0 : backOffMs(attempt), closing.signal);
      if (closing.signal.aborted) return;
      attempt = await launch().then(
        () => 0,
        () => attempt + 1,
      );
    }
  })();

  return {
    address,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      child?.kill('SIGTERM');
      const timer = setTimeout(() => child?.kill('SIGKILL'), stopTimeoutMs);
      await exitOf(child);
      clearTimeout(timer);
      await supervising;
      rmSync(pidFile, { force: true });
    },
  };
}

function exitOf(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve();
  return new Promise((done) => child.once('exit', () => done()));
}

async function untilListening(port: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!(await isListening(port))) {
    if (Date.now() > deadline || signal.aborted) throw new Error(`does not listen on port ${port}`);
    await pause(50, signal);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function endLeftOver(pidFile: string, database: string, log: Logger): Promise<void> {
  let pid: number;
  try {
    pid = Number(readFileSync(pidFile, 'utf8'));
  } catch {
    return;
  }
  if (!isOurServer(pid, database)) return;
  log.info({ pid }, 'ending a Temporal server that an earlier control plane left behind');
  process.kill(pid, 'SIGKILL');
  while (isOurServer(pid, database)) await pause(20);
}

/** The process number may be somebody else's by now, so the command line has to name our database. */
function isOurServer(pid: number, database: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(database);
  } catch {
    return false;
  }
}
