import { AppError, type User } from '@bigeye/contracts';
import type { ApiKeyStore } from './api-key-store.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import { hashPassword, isOutdated, verifyPassword } from './password.ts';
import type { UserStore } from './user-store.ts';

export interface SignInDeps {
  userStore: UserStore;
  apiKeyStore: ApiKeyStore;
  attemptLimits: AttemptLimits;
}

/** Throws SIGN_IN_REFUSED, after the same time and in the same words whatever is wrong, and TOO_MANY_ATTEMPTS. */
export async function signInByPassword(
  { userStore, attemptLimits }: SignInDeps,
  { email, password, address }: { email: string; password: string; address: string },
): Promise<User> {
  return await attemptLimits.byPassword({ address, email }, async () => {
    const found = await userStore.findCredentials(email);
    const isRight = await verifyPassword(password, found?.passwordHash);
    if (!isRight || !found || found.user.disabledAt) throw new AppError('SIGN_IN_REFUSED', {});
    if (found.passwordHash && isOutdated(found.passwordHash))
      await userStore.replacePasswordHash(found.user.id, found.passwordHash, await hashPassword(password));
    return found.user;
  });
}

/** By a personal API key. Throws UNAUTHENTICATED and TOO_MANY_ATTEMPTS. */
export async function signInByKey(
  { apiKeyStore, attemptLimits }: SignInDeps,
  { apiKey, address }: { apiKey: string; address: string },
): Promise<User> {
  return await attemptLimits.bySecret(address, async () => {
    const owner = await apiKeyStore.findKeyOwner(apiKey, address);
    if (owner?.kind !== 'user') throw new AppError('UNAUTHENTICATED', {});
    return owner.user;
  });
}

/**
 * The old password proves that it is the user and not a browser left open. Ends the user's other sessions. Throws
 * PASSWORD_WRONG, PASSWORD_NOT_SET and TOO_MANY_ATTEMPTS.
 */
export async function changePassword(
  { userStore, attemptLimits }: SignInDeps,
  user: User,
  input: { currentPassword: string; newPassword: string; address: string; exceptSession: string | undefined },
): Promise<void> {
  if (!user.hasPassword) throw new AppError('PASSWORD_NOT_SET', {});
  await attemptLimits.byPassword({ address: input.address, email: user.email }, async () => {
    const found = await userStore.findCredentials(user.email);
    if (!(await verifyPassword(input.currentPassword, found?.passwordHash))) throw new AppError('PASSWORD_WRONG', {});
  });
  await userStore.setPassword(user.id, await hashPassword(input.newPassword), input.exceptSession);
}
