import type { UserSummary } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { usersAnswer } from './users-answer.ts';

test.each<[Partial<UserSummary>, string]>([
  [{}, '1 user, 1 admin.'],
  [{ enabled: 2000, admins: 2 }, '2,000 users, 2 admins.'],
  [{ disabled: 1 }, '1 user, 1 admin. 1 disabled.'],
  [{ enabled: 2, withoutSignIn: 1 }, '2 users, 1 admin. 1 without a password yet.'],
])('%j says who can come in', (part, answer) => {
  expect(usersAnswer({ enabled: 1, admins: 1, withoutSignIn: 0, disabled: 0, ...part })).toBe(answer);
});
