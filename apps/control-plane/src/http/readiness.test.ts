import { AppError } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { expect, test } from 'vitest';
import { createReadiness } from './readiness.ts';

const fault = new AppError('TEMPORAL_AWAY', { address: 'temporal:7233', reason: 'refused' });
/** Too short for what waits, and long enough for what does not. */
const patienceMs = 50;

test('a part is told as it answered, and one that throws is not ready', async () => {
  const readiness = createReadiness({
    database: async () => true,
    temporal: async () => fault,
    other: async () => {
      throw new Error('gone');
    },
  });
  expect(await readiness()).toEqual({ database: true, temporal: fault, other: false });
});

test('a part that does not answer is not ready, holds up no other, and is not asked again meanwhile', async () => {
  let asked = 0;
  const readiness = createReadiness(
    {
      database: () => {
        asked++;
        return new Promise(() => undefined);
      },
      temporal: async () => true,
    },
    patienceMs,
  );
  expect(await readiness()).toEqual({ database: false, temporal: true });
  expect(await readiness()).toEqual({ database: false, temporal: true });
  expect(asked).toBe(1);
});

test('a part that answers late is told as not ready, for the reason that it gave last', async () => {
  const answers: ((answer: true | AppError) => void)[] = [];
  const readiness = createReadiness({ temporal: () => new Promise((resolve) => answers.push(resolve)) }, patienceMs);
  expect(await readiness()).toEqual({ temporal: false });
  answers[0]?.(fault);
  await until(async () => (await readiness()).temporal === fault);
});
