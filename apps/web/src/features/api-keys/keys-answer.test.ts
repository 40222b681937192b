import { ApiKeyId, type ApiKeyInfo } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { keysAnswer } from './keys-answer.ts';

const key = (lastUsedAt: string | null): ApiKeyInfo => ({
  id: ApiKeyId.parse(`key_${'0'.repeat(20)}`),
  name: 'k',
  description: '',
  type: 'PERSONAL_API_KEY',
  createdAt: '2026-01-01T00:00:00.000Z',
  lastUsedAt,
  lastUsedIp: null,
  expiresAt: null,
});
const used = key('2026-01-02T00:00:00.000Z');

test.each<[ApiKeyInfo[], ApiKeyInfo[], string]>([
  [[], [], 'No key yet.'],
  [[used], [], '1 personal key.'],
  [[used, used], [used], '2 personal keys, 1 agent key.'],
  [[], [key(null)], '1 agent key. 1 was never used.'],
  [[key(null)], [key(null), used], '1 personal key, 2 agent keys. 2 were never used.'],
])('%# says how many there are and how many were never used', (personal, agents, answer) => {
  expect(keysAnswer(personal, agents)).toBe(answer);
});
