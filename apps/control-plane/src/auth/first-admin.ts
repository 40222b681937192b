import type { AccessStore } from './access-store.ts';

/** Where there is no user yet, creates the admin and returns a personal API key for the only time. */
export async function createFirstAdmin(accessStore: AccessStore, email: string): Promise<string | undefined> {
  if ((await accessStore.countUsers()) > 0) return undefined;
  const admin = await accessStore.insertUser({ email, name: 'Admin', role: 'admin' });
  const input = { name: 'first key', description: 'Made at the first start', userId: admin.id };
  return (await accessStore.insertApiKey('personal', input)).apiKey;
}
