import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAppError, type User } from '@bigeye/contracts';
import type { ApiKeyStore } from './api-key-store.ts';
import { passwordLinkOf } from './password-link.ts';
import type { UserStore } from './user-store.ts';

/** As long as the link to set a password. */
const lifetimeMs = 72 * 60 * 60 * 1000;

/** What the first admin gets, for the only time: a personal API key, and a link to set a password. */
export interface FirstAdmin {
  email: string;
  apiKey: string;
  passwordLink: string;
}

/**
 * Where there is no user yet, creates the admin. Where nobody can come in any more, because the first admin let key and
 * link end, gives the admin new ones.
 */
export async function createFirstAdmin(
  { userStore, apiKeyStore }: { userStore: UserStore; apiKeyStore: ApiKeyStore },
  { email, publicUrl }: { email: string; publicUrl: string },
): Promise<FirstAdmin | undefined> {
  const admin =
    (await userStore.countUsers()) === 0 ? await insertFirst(userStore, email) : await userStore.findLockedOutAdmin();
  if (!admin) return undefined;
  const { apiKey } = await apiKeyStore.insertApiKey('personal', {
    name: 'first key',
    description: 'Made at the first start',
    userId: admin.id,
    expiresAt: new Date(Date.now() + lifetimeMs),
  });
  const { url } = passwordLinkOf(publicUrl, await userStore.createPasswordLink(admin.id));
  return { email: admin.email, apiKey, passwordLink: url };
}

/** Undefined where another process that starts at the same moment has made the admin. */
async function insertFirst(userStore: UserStore, email: string): Promise<User | undefined> {
  try {
    return await userStore.insertUser({ email, name: 'Admin', role: 'admin' });
  } catch (error) {
    if (isAppError(error, 'EMAIL_TAKEN')) return undefined;
    throw error;
  }
}

/**
 * Says how the first admin comes in: on a terminal, else in a file that its own user alone can read. Never in what may be
 * a log. A file of an earlier start goes once what stands in it has ended.
 */
export function tellFirstAdmin(
  first: FirstAdmin | undefined,
  { dataDir, publicUrl, terminal }: { dataDir: string; publicUrl: string; terminal: NodeJS.WriteStream },
): void {
  const file = join(dataDir, 'first-admin.txt');
  if (!first) {
    const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (made !== undefined && Date.now() - made > lifetimeMs) rmSync(file);
    return;
  }
  const text =
    `The first admin is ${first.email}. Personal API key, shown only now:\n\n  ${first.apiKey}\n\n` +
    `Sign in with it at ${publicUrl}\n` +
    `or set a password first (once, within 72 hours):\n\n  ${first.passwordLink}\n\n` +
    `The key ends in 72 hours too, unless you keep it: Settings, API Keys.\n`;
  if (terminal.isTTY) {
    terminal.write(`\n${text}\n`);
    return;
  }
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  terminal.write(
    `\nHow the first admin (${first.email}) comes in stands in ${file}; remove it once you have read it.\n\n`,
  );
}
