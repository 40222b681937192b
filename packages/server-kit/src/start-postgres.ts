import { join } from 'node:path';
import { type ChildServer, endingWithUs, launchServer } from './child-server.ts';
import { asOrdinaryUser } from './own-user.ts';
import { readPostmaster } from './postgres-cluster.ts';
import type { PostgresPrograms } from './postgres-programs.ts';

/**
 * Starts PostgreSQL on a cluster and waits until it takes connections, also while it recovers from a crash. It ends with this
 * process where the machine can see to that. `settings`: of postgresql.conf.
 */
export async function startPostgres(
  programs: PostgresPrograms,
  folder: string,
  options: { settings: Record<string, string>; signal?: AbortSignal | undefined },
): Promise<ChildServer> {
  const flags = Object.entries(options.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = endingWithUs('QUIT', [join(programs.folder, 'postgres'), '-D', folder, ...flags]);
  return await launchServer({
    command: asOrdinaryUser(command),
    signal: options.signal,
    timeoutMs: recoveryMs,
    abandonBy: 'SIGQUIT',
    isReady: (pid) => {
      const postmaster = readPostmaster(folder);
      return postmaster?.pid === pid && postmaster.isReady;
    },
  });
}

/** A crash under load leaves up to a gigabyte of its journal to go through. */
const recoveryMs = 10 * 60_000;

/** Lets clients finish nothing, rolls back, and writes all down: the next start has nothing to recover. */
export const orderlyStop = { signal: 'SIGINT', timeoutMs: 10_000 } as const;
