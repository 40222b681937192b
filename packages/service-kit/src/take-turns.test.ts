import { setImmediate as immediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { takeTurns } from './take-turns.ts';

test('so many at once and no more, in the order in which they came, also after one that failed', async () => {
  const inTurn = takeTurns(3);
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  const work = (n: number) =>
    inTurn(async () => {
      begun.push(n);
      most = Math.max(most, ++underWay);
      await immediate();
      underWay--;
      if (n % 5 === 0) throw new Error(`${n} failed`);
      return n;
    });
  const first = Promise.allSettled(Array.from({ length: 20 }, (_, n) => work(n)));
  await immediate();
  const later = Promise.allSettled([20, 21, 22].map(work));
  const results = [...(await first), ...(await later)];
  expect(begun).toEqual(Array.from({ length: 23 }, (_, n) => n));
  expect(most).toBe(3);
  expect(results.map(({ status }) => status === 'fulfilled')).toEqual(begun.map((n) => n % 5 !== 0));
  expect(await work(23)).toBe(23);
});
