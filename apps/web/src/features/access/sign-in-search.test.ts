import { expect, test } from 'vitest';
import { signInSearchOf } from './sign-in-search.ts';

test('what the control plane leads to is understood', () => {
  const search = { to: '/runs?status=failed', by: 'key', error: 'TOO_MANY_ATTEMPTS', retryAfterSeconds: 60 };
  expect(signInSearchOf(search)).toEqual(search);
});

test.each([
  { to: 'https://evil.example' },
  { to: '//evil.example' },
  { to: '/\\evil.example' },
  { error: 'Call +1 555 0100 now' },
  { error: 'toString' },
  { retryAfterSeconds: 'soon' },
])('%o is not', (search) => {
  expect(signInSearchOf(search)).toEqual({});
});
