import { expect, test } from 'vitest';
import { keysAnswer } from './keys-answer.ts';

const keys = (count: number, neverUsed = 0) => ({ keys: count, neverUsed });

test.each([
  [keys(0), null, 'No key yet.'],
  [keys(1), keys(0), '1 personal key.'],
  [keys(2), keys(1), '2 personal keys, 1 agent key.'],
  [keys(0), keys(1, 1), '1 agent key. 1 was never used.'],
  [keys(1, 1), keys(2000, 1), '1 personal key, 2,000 agent keys. 2 were never used.'],
])('%# says how many there are and how many were never used', (personal, agents, answer) => {
  expect(keysAnswer({ personal, agents })).toBe(answer);
});
