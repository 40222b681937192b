import type { SomeHandlers } from '../http/handlers.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { KeptDays } from './keep-house.ts';
import type { RetentionStore } from './retention-store.ts';

export interface StorageDeps {
  retentionStore: RetentionStore;
  objects: ObjectStore;
  keptDays: KeptDays;
}

/** What is kept, and for how long. */
export function createStorageHandlers({ retentionStore, objects, keptDays }: StorageDeps) {
  return {
    getStorage: async () => {
      const { runs, logs, artifacts, audit, ...rest } = await retentionStore.measure();
      const daysOf = (days: number | undefined) => ({ keptDays: days ?? null });
      return {
        ...rest,
        objectStore: objects.place,
        runs: { ...runs, ...daysOf(keptDays.runs) },
        logs: { ...logs, ...daysOf(keptDays.logs) },
        artifacts: { ...artifacts, ...daysOf(keptDays.artifacts) },
        audit: { ...audit, ...daysOf(keptDays.audit) },
      };
    },
  } satisfies SomeHandlers;
}
