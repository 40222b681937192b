import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyVault } from './key-vault.ts';

/** Keys as files of `folder` (0700), which only its own user can read, and which the first key makes. */
export function openFolderVault(folder: string): KeyVault {
  const read = (name: string): string | undefined => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    read: async (name) => read(name),
    keepFirst: async (name, text) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // Whole or not at all: a key file that was cut off by a crash would lock every host out.
      const unfinished = join(folder, `${name}.${randomUUID()}.new`);
      writeFileSync(unfinished, text, { mode: 0o600, flush: true });
      try {
        // Unlike a rename it leaves one that is there.
        linkSync(unfinished, join(folder, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(unfinished);
      }
      return read(name) ?? text;
    },
  };
}
