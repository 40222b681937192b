import { randomUUID } from 'node:crypto';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/** Folders this deep are moved up before they are removed, so that no path grows too long for the system. */
const mostDepth = 64;

/**
 * Removes all that is in a folder and leaves the folder. What an agent left may be meant to stay: folders without rights,
 * nested deeper than a path can name. It is the same user's, so both can be mended. Links are removed, never followed.
 */
export async function emptyFolder(folder: string): Promise<void> {
  for (;;) {
    try {
      for (const name of await readdir(folder)) await rm(path.join(folder, name), { recursive: true, force: true });
      return;
    } catch (error) {
      if (!(await openUp(folder))) throw error;
    }
  }
}

/** Gives folders their rights back and brings what lies too deep up. False where there was nothing of both. */
async function openUp(root: string): Promise<boolean> {
  let hasChanged = false;
  const visit = async (folder: string, depth: number): Promise<void> => {
    const { mode } = await lstat(folder);
    if ((mode & 0o700) !== 0o700) {
      await chmod(folder, 0o700);
      hasChanged = true;
    }
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const inner = path.join(folder, entry.name);
      if (depth < mostDepth) await visit(inner, depth + 1);
      else {
        await rename(inner, path.join(root, `deep-${randomUUID()}`));
        hasChanged = true;
      }
    }
  };
  await visit(root, 0);
  return hasChanged;
}
