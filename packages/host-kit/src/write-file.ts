import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import type { StackUser } from './stack-user.ts';

interface Ownership {
  mode: number;
  owner?: StackUser | undefined;
}

/** Replaces a file in one step: a reader sees the old or the new one, also after a power cut. Follows a symbolic link. */
export function writeFileAtomically(file: string, content: string | Uint8Array, { mode, owner }: Ownership): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  const draft = `${target}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = openSync(draft, 'wx', mode);
    try {
      writeSync(handle, typeof content === 'string' ? Buffer.from(content) : content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    chmodSync(draft, mode);
    if (owner) giveTo(draft, owner);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(path.dirname(target));
}

export function ensureFolder(folder: string, ownership: Ownership): void {
  mkdirSync(folder, { recursive: true, mode: ownership.mode });
  setOwnership(folder, ownership);
}

export function setOwnership(file: string, { mode, owner }: Ownership): void {
  chmodSync(file, mode);
  if (owner) giveTo(file, owner);
}

/** What was made, renamed or removed in it is so after a power cut too. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function giveTo(file: string, owner: StackUser): void {
  if (process.getuid?.() === 0) chownSync(file, owner.uid, owner.gid);
}
