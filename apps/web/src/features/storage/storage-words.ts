import { plural, type StorageReport } from '@bigeye/contracts';
import { formatBytes } from '../../lib/format.ts';

/** How much there is, and where. */
export function storageAnswer({ runs, logs, artifacts, databaseBytes }: StorageReport): string {
  const objects = logs.storedBytes + artifacts.storedBytes;
  const database = `${formatBytes(databaseBytes)} in the database`;
  if (runs.count === 0) return `No run is kept. ${database}.`;
  return `${plural(runs.count, 'run')} kept: ${database}, ${formatBytes(objects)} in the object store.`;
}

/** One kind of what is kept, as a row shows it. */
export interface Kept {
  name: string;
  count: number;
  /** Null where it is counted with the database. */
  bytes: number | null;
  storedBytes: number | null;
  keptDays: number | null;
  setting: string;
  oldestAt: string | null;
  /** How many went at the last cleaning; null before the first. */
  removed: number | null;
}

export function keptOf({ runs, logs, artifacts, audit, lastCleaning }: StorageReport): Kept[] {
  const inDatabase = { bytes: null, storedBytes: null };
  const inObjects = { oldestAt: null };
  return [
    { name: 'Runs', setting: 'RUNS_KEPT_DAYS', ...inDatabase, ...runs, removed: lastCleaning?.runs ?? null },
    { name: 'Logs', setting: 'LOGS_KEPT_DAYS', ...inObjects, ...logs, removed: lastCleaning?.logs ?? null },
    {
      name: 'Artifacts',
      setting: 'ARTIFACTS_KEPT_DAYS',
      ...inObjects,
      ...artifacts,
      removed: lastCleaning?.artifacts ?? null,
    },
    {
      name: 'Audit entries',
      setting: 'AUDIT_KEPT_DAYS',
      ...inDatabase,
      ...audit,
      removed: lastCleaning?.audit ?? null,
    },
  ];
}

export const keptWords = (days: number | null): string => (days === null ? 'for ever' : plural(days, 'day'));

export function cleaningWords(last: StorageReport['lastCleaning']): string {
  if (!last) return 'Nothing was cleaned yet.';
  const went: [count: number, one: string, many?: string][] = [
    [last.runs, 'run'],
    [last.logs, 'log'],
    [last.artifacts, 'artifact'],
    [last.events, 'event of runs', 'events of runs'],
    [last.audit, 'audit entry', 'audit entries'],
  ];
  const words = went.filter(([count]) => count > 0).map(([count, one, many]) => plural(count, one, many));
  return words.length === 0
    ? 'Nothing was old enough to go.'
    : `${new Intl.ListFormat('en').format(words)} went, with ${plural(last.objects, 'object')} of the object store.`;
}
