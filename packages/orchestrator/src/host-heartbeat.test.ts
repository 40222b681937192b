import { expect, test } from 'vitest';
import { untilNextTryMs } from './host-heartbeat.ts';

test('a heartbeat that is not answered is tried again after longer and longer, never in step, and within 15 s', () => {
  const pausesAfter = (failures: number) => Array.from({ length: 200 }, () => untilNextTryMs(failures, 5_000));
  for (const [failures, least, most] of [
    [1, 2_500, 5_000],
    [2, 5_000, 10_000],
    [3, 7_500, 15_000],
    [1000, 7_500, 15_000],
  ] as const) {
    const pauses = pausesAfter(failures);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(most);
    expect(new Set(pauses).size).toBeGreaterThan(100);
  }
});
