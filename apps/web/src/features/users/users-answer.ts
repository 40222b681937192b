import { plural, type User } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

/** How many can come in, how many of them as admins, and whom an admin should look after. */
export function usersAnswer(users: User[]): string {
  const enabled = users.filter(({ disabledAt }) => disabledAt === null);
  const admins = enabled.filter(({ role }) => role === 'admin').length;
  const waiting = enabled.filter(({ hasPassword, usesSingleSignOn }) => !hasPassword && !usesSingleSignOn).length;
  const disabled = users.length - enabled.length;
  return [
    `${plural(enabled.length, 'user')}, ${plural(admins, 'admin')}.`,
    disabled > 0 && `${formatCount(disabled)} disabled.`,
    waiting > 0 && `${formatCount(waiting)} without a password yet.`,
  ]
    .filter(Boolean)
    .join(' ');
}
