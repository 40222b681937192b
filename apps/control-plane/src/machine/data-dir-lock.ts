import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '@bigeye/contracts';

/**
 * Takes the data folder for this process alone. Throws DATA_DIR_IN_USE. The lock is the kernel's, which drops it when the process
 * ends, however it ends. Node has no call for file locks of its own; SQLite, which is part of Node, takes one for a transaction that
 * writes, and this one never ends.
 */
export function lockDataDir(dataDir: string): Disposable {
  const folder = resolve(dataDir);
  const holderFile = join(folder, 'lock-holder.json');
  const lock = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
  try {
    // Nothing is written, so there is nothing to roll back, and no file beside it.
    lock.exec('pragma journal_mode = memory; begin immediate');
  } catch (cause) {
    lock.close();
    if ((cause as { errcode?: number }).errcode !== busy) throw cause;
    throw new AppError('DATA_DIR_IN_USE', { folder, ...readHolder(holderFile) }, { cause });
  }
  writeFileSync(holderFile, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  return {
    [Symbol.dispose]: () => {
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

const busy = 5;

/** For people: who holds it is said by the lock alone. */
function readHolder(file: string): { pid: number; since: string } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; since: string };
  } catch {
    return { pid: 0, since: '' };
  }
}
