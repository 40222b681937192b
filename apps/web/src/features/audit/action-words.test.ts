import { expect, test } from 'vitest';
import { actionWords, detailWords } from './action-words.ts';

test('the name of a route becomes words', () => {
  expect(actionWords('createAgentApiKey')).toBe('Create agent API key');
  expect(actionWords('signIn')).toBe('Sign in');
});

test('what people know comes before ids', () => {
  expect(detailWords({ id: `usr_${'0'.repeat(20)}`, role: 'admin' })).toBe(`role: admin, id: usr_${'0'.repeat(20)}`);
});
