import type { StorageReport } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { cleaningWords, keptOf, keptWords, storageAnswer } from './storage-words.ts';

const mib = 1024 * 1024;
const at = '2026-01-01T00:00:00.000Z';
const report: StorageReport = {
  databaseBytes: 300 * mib,
  tables: [{ name: 'runs', bytes: 200 * mib }],
  objectStore: 'file:///objects',
  runs: { count: 2004, oldestAt: at, keptDays: 365 },
  logs: { count: 2000, bytes: 900 * mib, storedBytes: 90 * mib, keptDays: 90 },
  artifacts: { count: 10, bytes: 20 * mib, storedBytes: 10 * mib, keptDays: 1 },
  audit: { count: 7, oldestAt: at, keptDays: null },
  lastCleaning: { at, runs: 0, logs: 1, artifacts: 2, audit: 3, events: 0, objects: 3 },
};

test('how much there is and where, in one line', () => {
  expect(storageAnswer(report)).toBe('2,004 runs kept: 300 MiB in the database, 100 MiB in the object store.');
  expect(storageAnswer({ ...report, runs: { ...report.runs, count: 0 } })).toMatch(/^No run is kept\./);
});

test('each kind says how long it stays and how many went', () => {
  expect(keptOf(report).map(({ name, keptDays, removed }) => [name, keptWords(keptDays), removed])).toEqual([
    ['Runs', '365 days', 0],
    ['Logs', '90 days', 1],
    ['Artifacts', '1 day', 2],
    ['Audit entries', 'for ever', 3],
  ]);
  expect(keptOf({ ...report, lastCleaning: null }).map(({ removed }) => removed)).toEqual([null, null, null, null]);
});

test('what went last, in words', () => {
  expect(cleaningWords(report.lastCleaning)).toBe(
    '1 log, 2 artifacts, and 3 audit entries went, with 3 objects of the object store.',
  );
  expect(cleaningWords({ at, runs: 0, logs: 0, artifacts: 0, audit: 0, events: 0, objects: 0 })).toMatch(
    /^Nothing was old/,
  );
  expect(cleaningWords(null)).toBe('Nothing was cleaned yet.');
});
