import { mayWorkLater, needsAction } from './error-spec.ts';

/** Signing in, users, and API keys. */
export const accessErrors = {
  SIGN_IN_REFUSED: needsAction(
    401,
    (_: object) => 'E-mail and password do not match a user who can sign in.',
    () => 'Try again, sign in with a personal API key, or ask an admin for a link to set a new password.',
  ),
  OIDC_NOT_SET_UP: needsAction(
    404,
    (_: object) => 'This control plane has no single sign-on.',
    () => 'Sign in another way; an admin of the control plane sets it up with OIDC_ISSUER.',
  ),
  // The reason is for the audit log: the browser is led to the sign-in page with the code alone.
  OIDC_REFUSED: needsAction(
    401,
    (_: { reason: string }) => 'The single sign-on was not accepted.',
    () => 'Try it once more from this page. If it stays, ask an admin: the audit log says why.',
  ),
  OIDC_EMAIL_NOT_VERIFIED: needsAction(
    401,
    (_: object) => 'Your sign-in provider does not vouch for an e-mail address of yours.',
    () => 'Confirm your address at the provider, or ask its admin to pass it on, then sign in again.',
  ),
  OIDC_EMAIL_TAKEN: needsAction(
    401,
    (_: object) => 'Another user here has your e-mail address.',
    () => 'Sign in the way you did until now, or ask an admin to delete that user: Settings → Users.',
  ),
  OIDC_USER_DISABLED: needsAction(
    401,
    (_: object) => 'Your user is disabled here.',
    () => 'Ask an admin to enable it: Settings → Users.',
  ),
  OIDC_UNREACHABLE: mayWorkLater(
    503,
    (_: { reason: string }) => 'The sign-in provider does not answer as it should.',
    () => 'Try again in a minute, or sign in another way. The log of the control plane says why.',
  ),
  PASSWORD_LINK_INVALID: needsAction(
    401,
    (_: object) => 'This link to set a password was used already, was replaced by a newer one, or is too old.',
    () => 'Ask an admin for a new link: Settings → Users.',
  ),
  PASSWORD_WRONG: needsAction(
    403,
    (_: object) => 'The current password is not right.',
    () => 'Type it again, or ask an admin for a link to set a new one.',
  ),
  PASSWORD_NOT_SET: needsAction(
    409,
    (_: object) => 'You have no password yet, so there is none to change.',
    () => 'Ask an admin for a link to set one: Settings → Users.',
  ),
  EMAIL_TAKEN: needsAction(
    409,
    (d: { email: string }) => `Another user has the address ${d.email}.`,
    () => 'Use another address, or change the user that has it: Settings → Users.',
  ),
  USER_NOT_FOUND: needsAction(
    404,
    (d: { userId: string }) => `There is no user ${d.userId}.`,
    () => 'List the users with GET /api/v1/users.',
  ),
  USER_DISABLED: needsAction(
    409,
    (d: { userId: string }) => `User ${d.userId} is disabled.`,
    () => 'Enable the user first: Settings → Users.',
  ),
  LAST_ADMIN: needsAction(
    409,
    (_: object) => 'This is the last admin that can come in; without one nobody could manage users and hosts.',
    () => 'Give another user the role admin first.',
  ),
  API_KEY_NOT_FOUND: needsAction(
    404,
    (d: { apiKeyId: string }) => `There is no API key ${d.apiKeyId} that you may delete.`,
    () => 'List the keys under Settings → API Keys.',
  ),
  SESSION_NOT_FOUND: needsAction(
    404,
    (d: { sessionId: string }) => `You have no session ${d.sessionId}.`,
    () => 'It has ended already; nothing is left to do.',
  ),
} as const;
