import type { AccessStore } from './access-store.ts';
import { passwordLinkOf } from './password-link.ts';
import type { UserStore } from './user-store.ts';

/** What the first admin gets, for the only time: a personal API key, and a link to set a password. */
export interface FirstAdmin {
  apiKey: string;
  passwordLink: string;
}

/** Where there is no user yet, creates the admin. */
export async function createFirstAdmin(
  { userStore, accessStore }: { userStore: UserStore; accessStore: AccessStore },
  { email, publicUrl }: { email: string; publicUrl: string },
): Promise<FirstAdmin | undefined> {
  if ((await userStore.countUsers()) > 0) return undefined;
  const admin = await userStore.insertUser({ email, name: 'Admin', role: 'admin' });
  const input = { name: 'first key', description: 'Made at the first start', userId: admin.id };
  const { apiKey } = await accessStore.insertApiKey('personal', input);
  const { url } = passwordLinkOf(publicUrl, await userStore.createPasswordLink(admin.id));
  return { apiKey, passwordLink: url };
}
