import { expect, test } from 'vitest';
import { backOffMs } from './back-off.ts';

test('each failure doubles the wait, from a second to half a minute', () => {
  expect([1, 2, 3, 6, 7, 50].map((failures) => backOffMs(failures, 0))).toEqual([
    1000, 2000, 4000, 30_000, 30_000, 30_000,
  ]);
});

test('chance spreads pages that failed together, and never shortens the wait', () => {
  expect(backOffMs(1, 0.999)).toBeGreaterThan(1300);
  expect(backOffMs(1)).toBeGreaterThanOrEqual(1000);
});
