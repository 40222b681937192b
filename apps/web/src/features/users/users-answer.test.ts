import { type Role, type User, UserId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { usersAnswer } from './users-answer.ts';

const user = (role: Role, part: Partial<User> = {}): User => ({
  id: UserId.parse(`usr_${'0'.repeat(20)}`),
  email: 'a@example.com',
  name: 'A',
  role,
  createdAt: '2026-01-01T00:00:00.000Z',
  disabledAt: null,
  hasPassword: true,
  usesSingleSignOn: false,
  ...part,
});
const disabledAt = '2026-01-02T00:00:00.000Z';

test.each<[User[], string]>([
  [[user('admin')], '1 user, 1 admin.'],
  [[user('admin'), user('admin'), user('viewer')], '3 users, 2 admins.'],
  [[user('admin'), user('admin', { disabledAt })], '1 user, 1 admin. 1 disabled.'],
  [[user('admin'), user('member', { hasPassword: false })], '2 users, 1 admin. 1 without a password yet.'],
  [[user('admin'), user('member', { hasPassword: false, usesSingleSignOn: true })], '2 users, 1 admin.'],
])('%# says who can come in', (users, answer) => {
  expect(usersAnswer(users)).toBe(answer);
});
