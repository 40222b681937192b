import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const ours = /^(\d+-)?(openlineage\.ndjson|sync-request\.json(\.views)?|report\.json)\.part$/;

/** Removes what a run that was killed left half written. Nothing else in the folder is touched. */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((found) => ours.test(found))) await rm(join(folder, name), { force: true });
}
