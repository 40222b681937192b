import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@bigeye/contracts';
import type { ObjectStore } from './object-store.ts';

/** Objects as files below `folder`, each written whole under another name first and on the disk before it counts. */
export function createFolderObjects(folder: string): ObjectStore {
  const place = `file://${folder}`;
  const reach = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (cause) {
      throw new AppError('OBJECT_STORE_UNREACHABLE', { place, reason: (cause as Error).message }, { cause });
    }
  };
  return {
    place,
    put: (key, content) =>
      reach(async () => {
        const file = join(folder, key);
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        const unfinished = `${file}.${randomUUID()}.part`;
        try {
          const handle = await open(unfinished, 'wx', 0o600);
          try {
            await handle.writeFile(content);
            await handle.sync();
          } finally {
            await handle.close();
          }
          await rename(unfinished, file);
        } catch (error) {
          await rm(unfinished, { force: true });
          throw error;
        }
        await syncFolder(dirname(file));
      }),
    get: async (key) => {
      const file = join(folder, key);
      const handle = await open(file).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') throw new AppError('OBJECT_MISSING', { place, key }, { cause });
        throw new AppError('OBJECT_STORE_UNREACHABLE', { place, reason: cause.message }, { cause });
      });
      return handle.createReadStream();
    },
    remove: (keyOrFolder) =>
      reach(async () => {
        const path = join(folder, keyOrFolder);
        const found = await stat(path).catch(noneIfMissing);
        if (!found) return 0;
        const entries = found.isDirectory() ? await readdir(path, { recursive: true, withFileTypes: true }) : [];
        await rm(path, { recursive: true, force: true });
        return found.isDirectory() ? entries.filter((entry) => entry.isFile()).length : 1;
      }),
    [Symbol.dispose]: () => undefined,
  };
}

function noneIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** A name counts once its folder is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
