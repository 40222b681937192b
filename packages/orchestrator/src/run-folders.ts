import { constants } from 'node:fs';
import { chown, open, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunSlot, StackUser } from '@bigeye/host-kit';

export interface OutFile {
  name: string;
  content: Uint8Array<ArrayBuffer>;
}

const artifactLimits = { files: 32, bytes: 32 * 1024 * 1024 };
const artifactName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** Writes the files for `/in`, readable by the run's user only. */
export async function writeInFiles(slot: RunSlot, files: Record<string, string>, user: StackUser): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(slot.in, name);
    await writeFile(file, content, { mode: 0o600 });
    if (process.getuid?.() === 0) await chown(file, user.uid, user.gid);
  }
}

/** What the agent left in `/out`, one file at a time. What is no plain file of a good name and size is named instead. */
export async function* readOutFiles(folder: string): AsyncIterable<OutFile | { leftOut: string; reason: string }> {
  const names = (await readdir(folder).catch(() => [])).sort();
  for (const name of names.slice(artifactLimits.files)) yield { leftOut: name, reason: 'too many files' };
  for (const name of names.slice(0, artifactLimits.files)) {
    const content = artifactName.test(name) ? await readPlainFile(path.join(folder, name)) : 'not a good name';
    yield typeof content === 'string' ? { leftOut: name, reason: content } : { name, content };
  }
}

/** A link is not followed: the agent could have pointed it at a file of the host. */
async function readPlainFile(file: string): Promise<Uint8Array<ArrayBuffer> | string> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (!handle) return 'not readable';
  try {
    const { size } = await handle.stat().then((stat) => (stat.isFile() ? stat : { size: -1 }));
    if (size < 0) return 'not a plain file';
    if (size > artifactLimits.bytes) return `${size} bytes are too many`;
    const { buffer, bytesRead } = await handle.read(new Uint8Array(size), 0, size, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
