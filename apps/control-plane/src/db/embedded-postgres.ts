import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError, isAppError } from '@bigeye/contracts';
import {
  createCluster,
  listPostgres,
  majorOfCluster,
  orderlyStop,
  type PostgresPrograms,
  readPostmaster,
  startPostgres,
} from '@bigeye/server-kit';
import type { Logger } from '@bigeye/service-kit';
import { openDataDir } from '../machine/data-dir.ts';
import { endLeftOver } from '../machine/left-over.ts';
import { superviseServer } from '../machine/supervise-server.ts';

export interface EmbeddedPostgres extends AsyncDisposable {
  /** The same over all restarts. */
  url: string;
}

const user = 'orchestrator';
/** Its memory fits a machine that does other things too. What a statement did wrong is told by whoever sent it. */
const modest = { shared_buffers: '32MB', max_connections: '50', log_min_messages: 'fatal' };
/** Of a socket's path, with the name that PostgreSQL gives it; longer ones the kernel does not take. */
const longestSocketFolder = 107 - '/.s.PGSQL.5432'.length;

/**
 * Runs PostgreSQL as a child, with its data in `<dataDir>/database`, and starts it again whenever it dies. For the holder of the
 * data folder's lock only. It listens on a socket in a folder that only our user can enter, and nowhere else. Throws
 * POSTGRES_MISSING, POSTGRES_VERSION_DIFFERS, POSTGRES_USER_REFUSED, POSTGRES_FAILED, PGLITE_DATA_FOUND.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: Logger;
  signal?: AbortSignal | undefined;
}): Promise<EmbeddedPostgres> {
  const { log, signal } = options;
  const dataDir = resolve(options.dataDir);
  const folder = join(dataDir, 'database');
  const socketFolder = openSocketFolder(dataDir, log);
  const programs = await choosePrograms(dataDir, folder);
  if (await endLeftOver(readPostmaster(folder)?.pid ?? 0, folder, 'SIGQUIT'))
    log.info('ended a PostgreSQL server that an earlier control plane left behind');
  const settings = {
    ...modest,
    // Without processes of its own for reading and writing: that is for many disks.
    ...(programs.major >= 18 ? { io_method: 'sync' } : {}),
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
  };
  const launch = (closing: AbortSignal) => startPostgres(programs, folder, { settings, signal: closing });
  try {
    if (!existsSync(folder)) await createCluster(programs, folder, { user, signal });
    const server = await superviseServer({ name: 'PostgreSQL', launch, orderlyStop, log, signal });
    log.info({ version: programs.version, programs: programs.folder }, 'embedded PostgreSQL is ready');
    const url = `postgresql://${user}@/postgres?host=${encodeURIComponent(socketFolder)}`;
    return { url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  } catch (cause) {
    if (isAppError(cause) || signal?.aborted) throw cause;
    throw new AppError('POSTGRES_FAILED', { folder, reason: reasonOf(cause) }, { cause });
  }
}

/** The newest, or of the major version that made the data: another one cannot read them. */
async function choosePrograms(dataDir: string, folder: string): Promise<PostgresPrograms> {
  const major = majorOfCluster(folder);
  const pglite = join(dataDir, 'postgres');
  if (major === undefined && existsSync(pglite)) throw new AppError('PGLITE_DATA_FOUND', { folder: pglite });
  const found = await listPostgres();
  const platform = `${process.platform}-${process.arch}`;
  if (found[0] === undefined) throw new AppError('POSTGRES_MISSING', { platform });
  const fitting = major === undefined ? found[0] : found.find((programs) => programs.major === major);
  if (fitting) return fitting;
  throw new AppError('POSTGRES_VERSION_DIFFERS', {
    folder,
    major: major ?? 0,
    found: found.map(({ version }) => version),
  });
}

/** In the data folder, or where its path is too long for a socket in a short one that belongs to it alone. */
function openSocketFolder(dataDir: string, log: Logger): string {
  const inside = join(dataDir, 'socket');
  const name = `agent-orchestrator-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  const fits = (folder: string) => Buffer.byteLength(folder) <= longestSocketFolder;
  const folder = [inside, join(tmpdir(), name)].find(fits) ?? join('/tmp', name);
  openDataDir(folder, log);
  return folder;
}

const reasonOf = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr || message || String(error)).trim();
};
