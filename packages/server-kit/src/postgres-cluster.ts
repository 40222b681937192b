import { execFile } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asOrdinaryUser } from './own-user.ts';
import type { PostgresPrograms } from './postgres-programs.ts';

const run = promisify(execFile);

/**
 * Makes a cluster whose one user is `user`. Whole or not at all: it gets its name when it is finished. `passwordFile`: whoever
 * connects must know it; without one everybody who reaches the socket is let in.
 */
export async function createCluster(
  programs: PostgresPrograms,
  folder: string,
  options: { user: string; passwordFile?: string; isDurable?: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const { user, passwordFile, isDurable = true, signal } = options;
  const [program = '', ...args] = asOrdinaryUser([
    join(programs.folder, 'initdb'),
    ...['-D', unfinished, '-U', user, '-E', 'UTF8', '--no-instructions'],
    ...(programs.major >= 17
      ? ['--no-locale', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
      : ['--locale=C.UTF-8', '--lc-messages=C']),
    ...(passwordFile ? ['-A', 'scram-sha-256', '--pwfile', passwordFile] : ['-A', 'trust']),
    ...(isDurable ? [] : ['--no-sync']),
  ]);
  await run(program, args, signal ? { signal } : {});
  renameSync(unfinished, folder);
}

/** Undefined where no cluster is there. */
export function majorOfCluster(folder: string): number | undefined {
  const file = join(folder, 'PG_VERSION');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : undefined;
}

/** What the running or dead server of a cluster wrote down of itself; undefined after an orderly end. */
export function readPostmaster(folder: string): { pid: number; isReady: boolean } | undefined {
  try {
    const lines = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), isReady: lines[7]?.startsWith('ready') === true };
  } catch {
    return undefined;
  }
}
