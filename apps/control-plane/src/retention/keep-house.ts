import { attempt, type Logger, pause } from '@bigeye/service-kit';
import type { AuditStore } from '../audit/audit-store.ts';
import type { ObjectDeletionStore } from '../objects/object-deletion-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { LogSegmentStore } from '../runs/log-segment-store.ts';
import type { Cleaning, RetentionStore } from './retention-store.ts';

/** Days after the end of a run, of an audit entry after it was written; undefined: for ever. */
export interface KeptDays {
  runs: number | undefined;
  logs: number | undefined;
  artifacts: number | undefined;
  audit: number | undefined;
}

export interface HouseDeps {
  segmentStore: LogSegmentStore;
  retentionStore: RetentionStore;
  auditStore: AuditStore;
  deletionStore: ObjectDeletionStore;
  objects: ObjectStore;
  keptDays: KeptDays;
  log: Logger;
}

const gatherEveryMs = 5_000;
const cleanEveryMs = 60 * 60 * 1000;
/** The last chunks of a log come after the end of its run. */
const settledMs = 60_000;
const dayMs = 24 * 60 * 60 * 1000;
const batch = 100;
/** Audit entries go in few large batches, since each batch is an entry itself. */
const auditBatch = 10_000;
/** Between two batches, so that whoever works with the database gets in between. */
const restMs = 50;

/** Gathers logs into segments and removes what is older than it is kept, until `signal`. One process does it for all. */
export async function keepHouse(deps: HouseDeps, signal: AbortSignal): Promise<void> {
  let cleanedAt = 0;
  while (!signal.aborted) {
    await attempt(deps.log, 'logs could not be gathered yet', () => gather(deps, signal));
    if (Date.now() - cleanedAt > cleanEveryMs) {
      cleanedAt = Date.now();
      await attempt(deps.log, 'cleaning failed; it is tried again in an hour', () => clean(deps, signal));
    } else await attempt(deps.log, 'objects could not be removed yet', () => removeObjects(deps, signal));
    await pause(gatherEveryMs, signal);
  }
}

/** Until a run has nothing more to gather that is due. */
export async function gather({ segmentStore }: HouseDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const runIds = await segmentStore.listRunsToGather(new Date(Date.now() - settledMs), batch);
    if (runIds.length === 0) return;
    for (const runId of runIds) if (!signal.aborted) await segmentStore.gatherSegment(runId);
  }
}

/** One round over all that has an age. Answers with what it removed. */
export async function clean(deps: HouseDeps, signal: AbortSignal): Promise<Cleaning> {
  const { retentionStore, auditStore, keptDays, log } = deps;
  const now = Date.now();
  const ofRuns = (days: number | undefined, remove: Remove) => removeAll(days, { now, batch, remove }, signal);
  const cleaning: Cleaning = {
    runs: await ofRuns(keptDays.runs, retentionStore.deleteRuns),
    events: await ofRuns(keptDays.runs, retentionStore.deleteEvents),
    logs: await ofRuns(keptDays.logs, retentionStore.removeLogs),
    artifacts: await ofRuns(keptDays.artifacts, retentionStore.removeArtifacts),
    // Whole days (UTC), because each removal is an entry of its own: one a day.
    audit: await removeAll(
      keptDays.audit,
      { now: now - (now % dayMs), batch: auditBatch, remove: auditStore.shorten },
      signal,
    ),
    objects: await removeObjects(deps, signal),
  };
  await retentionStore.recordCleaning(cleaning);
  if (Object.values(cleaning).some((count) => count > 0)) log.info(cleaning, 'removed what was older than it is kept');
  return cleaning;
}

/** Removes at most `limit` of what is from before `before`, and answers with how many. */
type Remove = (before: Date, limit: number) => Promise<number>;

async function removeAll(
  days: number | undefined,
  { now, batch, remove }: { now: number; batch: number; remove: Remove },
  signal: AbortSignal,
): Promise<number> {
  if (days === undefined) return 0;
  let removed = 0;
  while (!signal.aborted) {
    const count = await remove(new Date(now - days * dayMs), batch);
    removed += count;
    if (count < batch) return removed;
    await pause(restMs, signal);
  }
  return removed;
}

/** What nothing in the database names any more. */
async function removeObjects({ deletionStore, objects }: HouseDeps, signal: AbortSignal): Promise<number> {
  let removed = 0;
  while (!signal.aborted) {
    const keys = await deletionStore.listKeys(batch);
    for (const key of keys) {
      removed += await objects.remove(key);
      await deletionStore.recordRemoved(key);
    }
    if (keys.length < batch) return removed;
    await pause(restMs, signal);
  }
  return removed;
}
