import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of a quarter of a MiB in the place of a folder, which can be full. What came to lie on it stays in the folder. */
export interface SmallDisk extends Disposable {
  /** Leaves no byte, neither in new files nor, for those of `files`, in the block that they end in. */
  fill(files?: string[]): void;
  free(): void;
}

const blockBytes = 4096;
const sizeBytes = 64 * blockBytes;

/** Whoever has the folder open, or mounted in a container, must be started anew to see it. */
export function mountSmallDisk(folder: string): SmallDisk {
  const { uid, gid, mode } = statSync(folder);
  const options = `size=${sizeBytes},mode=${(mode & 0o7777).toString(8)},uid=${uid},gid=${gid}`;
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'chaos', folder]);
  const remount = (option: string) => execFileSync('mount', ['-o', `remount,${option}`, folder]);
  const ballast = join(folder, 'ballast');
  return {
    fill: (files = []) => {
      for (const file of files) {
        const { length } = readFileSync(file);
        // Empty lines, which a reader of JSON Lines passes over.
        writeFileSync(file, '\n'.repeat((blockBytes - (length % blockBytes)) % blockBytes), { flag: 'a' });
      }
      // `dd` ends with an error, as it shall: when nothing more can be written.
      if (files.length > 0)
        execFileSync('sh', ['-c', `dd if=/dev/zero of='${ballast}' bs=${blockBytes} 2>/dev/null || true`]);
      // Whoever makes room in a folder of his own would find some, so no new file may be made either.
      const { files: inodes, ffree } = statfsSync(folder);
      remount(`nr_inodes=${inodes - ffree}`);
    },
    free: () => {
      remount('nr_inodes=1000');
      rmSync(ballast, { force: true });
    },
    [Symbol.dispose]: () => {
      const kept = mkdtempSync(join(tmpdir(), 'small-disk-'));
      execFileSync('cp', ['-a', `${folder}/.`, kept]);
      execFileSync('umount', ['--lazy', folder]);
      execFileSync('cp', ['-a', `${kept}/.`, folder]);
      rmSync(kept, { recursive: true });
    },
  };
}
