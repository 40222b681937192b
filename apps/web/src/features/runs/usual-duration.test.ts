import { expect, test } from 'vitest';
import { medianMs } from './usual-duration.ts';

const run = (seconds: number) => ({
  startedAt: '2026-03-12T02:30:00.000Z',
  finishedAt: new Date(Date.parse('2026-03-12T02:30:00Z') + seconds * 1000).toISOString(),
});

test('one slow run does not change what is usual', () => {
  expect(medianMs([run(10), run(900), run(12)])).toBe(12_000);
});

test('two runs say nothing about what is usual', () => {
  expect(medianMs([run(10), run(12), { startedAt: null, finishedAt: null }])).toBeUndefined();
});
