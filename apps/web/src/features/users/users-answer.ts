import { plural, type UserSummary } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

/** How many can come in, how many of them as admins, and whom an admin should look after. */
export function usersAnswer({ enabled, admins, withoutSignIn, disabled }: UserSummary): string {
  return [
    `${plural(enabled, 'user')}, ${plural(admins, 'admin')}.`,
    disabled > 0 && `${formatCount(disabled)} disabled.`,
    withoutSignIn > 0 && `${formatCount(withoutSignIn)} without a password yet.`,
  ]
    .filter(Boolean)
    .join(' ');
}
