import { text } from 'node:stream/consumers';
import { AppError, isAppError } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { ObjectStore } from './object-store.ts';

/** The object that says whose store it is. */
const key = 'installation';

/**
 * Marks the store with the installation's id. On a store of another installation logs would be missing, and those of the other would be
 * in the way: throws OBJECT_STORE_DIFFERS. A store that does not answer is told in the log and looked at again at the next start.
 */
export async function bindObjectStore(objects: ObjectStore, installationId: string, log: Logger): Promise<void> {
  try {
    const found = await findMark(objects);
    if (found === undefined) await objects.put(key, Buffer.from(installationId));
    else if (found !== installationId)
      throw new AppError('OBJECT_STORE_DIFFERS', { place: objects.place, found, expected: installationId });
  } catch (error) {
    if (!isAppError(error, 'OBJECT_STORE_UNREACHABLE')) throw error;
    log.warn({ reason: error.message }, 'object store does not answer');
  }
}

async function findMark(objects: ObjectStore): Promise<string | undefined> {
  try {
    return (await text(await objects.get(key))).trim();
  } catch (error) {
    if (isAppError(error, 'OBJECT_MISSING')) return undefined;
    throw error;
  }
}
