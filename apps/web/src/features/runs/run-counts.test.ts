import type { RunCount } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { countsWords } from './run-counts.ts';

const of = (status: RunCount['status'], runs: number, failureCode: string | null = null, day = '2026-01-01') => ({
  day,
  status,
  failureCode,
  runs,
});

test('how runs ended over all days, and what most failures were', () => {
  const counts = [
    of('queued', 2_010),
    of('succeeded', 2_000),
    of('succeeded', 1, null, '2026-01-02'),
    of('failed', 2, 'HOST_LOST'),
    of('failed', 1, 'HOST_OFFLINE'),
    of('failed', 2, 'HOST_OFFLINE', '2026-01-02'),
    of('timed_out', 1, 'RUN_TIMED_OUT'),
  ];
  expect(countsWords(counts, 7)).toBe(
    '2,007 runs ended in the last 7 days: 2,001 succeeded, 5 failed, 1 timed out. Most failures: HOST_OFFLINE (3).',
  );
});

test('nothing is said where nothing ended', () => {
  expect(countsWords([of('queued', 3)], 7)).toBe('');
});
