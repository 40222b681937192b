import { AppError, type Role } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { PageQuery } from '../db/paging.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createApiKeyStore } from './api-key-store.ts';
import { createFirstAdmin } from './first-admin.ts';
import { secretHashOf } from './secret-hash.ts';
import { createSessionStore } from './session-store.ts';
import { createUserStore } from './user-store.ts';

const page: PageQuery = { limit: 10 };
const from = { address: '192.0.2.1', userAgent: 'a browser' };

describeEachDatabase('users', (open) => {
  function stores() {
    const { db } = open();
    const users = createUserStore(db);
    const add = (email: string, role: Role = 'member') => users.insertUser({ email, name: email, role });
    return { db, users, sessions: createSessionStore(db), keys: createApiKeyStore(db), add };
  }

  test('an address is one account, whatever its case', async () => {
    const { users, add } = stores();
    await add('Ann@Example.com');
    await expect(add('ann@example.COM')).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
    expect((await users.findCredentials('ANN@example.com'))?.user.email).toBe('ann@example.com');
  });

  test('the last admin stays: not deleted, not disabled, not of another role', async () => {
    const { users, add } = stores();
    const admin = await add('admin@example.com', 'admin');
    const other = await add('other@example.com', 'admin');
    await users.updateUser(other.id, { name: 'Other', role: 'admin', disabled: true });
    const change = (role: Role, disabled: boolean) => users.updateUser(admin.id, { name: 'A', role, disabled });
    for (const attempt of [
      () => users.deleteUser(admin.id),
      () => change('member', false),
      () => change('admin', true),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'LAST_ADMIN' });
    expect(await change('admin', false)).toMatchObject({ name: 'A', role: 'admin', disabledAt: null });
    await users.updateUser(other.id, { name: 'Other', role: 'admin', disabled: false });
    expect(await change('viewer', false)).toMatchObject({ role: 'viewer' });
  });

  test('of two admins who remove each other at once one stays', async () => {
    const { users, add } = stores();
    const [a, b] = [await add('a@example.com', 'admin'), await add('b@example.com', 'admin')];
    const results = await Promise.allSettled([users.deleteUser(a.id), users.deleteUser(b.id)]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'LAST_ADMIN' });
    expect(await users.countUsers()).toBe(1);
  });

  test('disabling ends the sessions for good and refuses the keys until the user is enabled', async () => {
    const { users, sessions, keys, add } = stores();
    const user = await add('u@example.com');
    const { token } = await sessions.createSession(user.id, from);
    const { apiKey } = await keys.insertApiKey('personal', { name: 'k', description: '', userId: user.id });
    const link = await users.createPasswordLink(user.id);
    const set = (disabled: boolean) => users.updateUser(user.id, { name: 'U', role: 'member', disabled });
    await set(true);
    expect(await sessions.findSession(token)).toBeUndefined();
    expect(await keys.findKeyOwner(apiKey, '')).toBeUndefined();
    await expect(users.createPasswordLink(user.id)).rejects.toMatchObject({ code: 'USER_DISABLED' });
    await expect(users.setPasswordByLink(link.token, async () => 'x')).rejects.toMatchObject({
      code: 'PASSWORD_LINK_INVALID',
    });
    await set(false);
    expect(await sessions.findSession(token)).toBeUndefined();
    expect(await keys.findKeyOwner(apiKey, '')).toMatchObject({ user: { id: user.id } });
  });

  test('deleting a user ends sessions, keys and the link', async () => {
    const { users, sessions, keys, add } = stores();
    const user = await add('u@example.com');
    const { token } = await sessions.createSession(user.id, from);
    const { apiKey } = await keys.insertApiKey('personal', { name: 'k', description: '', userId: user.id });
    const link = await users.createPasswordLink(user.id);
    await users.deleteUser(user.id);
    expect(await sessions.findSession(token)).toBeUndefined();
    expect(await keys.findKeyOwner(apiKey, '')).toBeUndefined();
    await expect(users.setPasswordByLink(link.token, async () => 'x')).rejects.toBeInstanceOf(AppError);
    await expect(keys.insertApiKey('personal', { name: 'k', description: '', userId: user.id })).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
  });

  test('a link works once, ends all sessions, and a newer one takes its place', async () => {
    const { users, sessions, add } = stores();
    const user = await add('u@example.com');
    const { token } = await sessions.createSession(user.id, from);
    const older = await users.createPasswordLink(user.id);
    const newer = await users.createPasswordLink(user.id);
    await expect(users.setPasswordByLink(older.token, async () => 'x')).rejects.toMatchObject({
      code: 'PASSWORD_LINK_INVALID',
    });
    const uses = await Promise.allSettled(
      [1, 2, 3].map((n) => users.setPasswordByLink(newer.token, async () => `hash ${n}`)),
    );
    expect(uses.filter((use) => use.status === 'fulfilled')).toHaveLength(1);
    expect(await sessions.findSession(token)).toBeUndefined();
    expect(await users.findCredentials(user.email)).toMatchObject({ user: { hasPassword: true } });
  });

  test('a link is of no use after 72 hours', async () => {
    const { db, users, add } = stores();
    const { token, expiresAt } = await users.createPasswordLink((await add('u@example.com')).id);
    expect(Math.round((expiresAt.getTime() - Date.now()) / 3_600_000)).toBe(72);
    await db
      .updateTable('password_links')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    await expect(users.setPasswordByLink(token, async () => 'x')).rejects.toMatchObject({
      code: 'PASSWORD_LINK_INVALID',
    });
  });

  test('a new password ends the other sessions and leaves the one that set it', async () => {
    const { users, sessions, add } = stores();
    const user = await add('u@example.com');
    const [here, there] = [await sessions.createSession(user.id, from), await sessions.createSession(user.id, from)];
    await users.setPassword(user.id, 'hash', secretHashOf(here.token));
    expect(await sessions.findSession(here.token)).toMatchObject({ id: here.id });
    expect(await sessions.findSession(there.token)).toBeUndefined();
  });

  test("a session is ended by its own user only, and another's is not even there", async () => {
    const { sessions, add } = stores();
    const [a, b] = [await add('a@example.com'), await add('b@example.com')];
    const { id, token } = await sessions.createSession(a.id, from);
    await expect(sessions.deleteSession(b.id, id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect((await sessions.listSessions(a.id, token, page)).items).toMatchObject([
      { id, address: '192.0.2.1', userAgent: 'a browser', isCurrent: true },
    ]);
    expect((await sessions.listSessions(b.id, token, page)).items).toEqual([]);
    await sessions.deleteSession(a.id, id);
    expect(await sessions.findSession(token)).toBeUndefined();
  });

  test('no secret stands in the database', async () => {
    const { db, users, sessions, keys, add } = stores();
    const user = await add('u@example.com');
    const secrets = [
      (await sessions.createSession(user.id, from)).token,
      (await users.createPasswordLink(user.id)).token,
      (await keys.insertApiKey('personal', { name: 'k', description: '', userId: user.id })).apiKey,
      (await keys.insertApiKey('agent', { name: 'k', description: '', userId: null })).apiKey,
    ];
    const rows = await Promise.all(
      (['users', 'sessions', 'password_links', 'api_keys'] as const).map((table) =>
        db.selectFrom(table).selectAll().execute(),
      ),
    );
    for (const secret of secrets) expect(JSON.stringify(rows)).not.toContain(secret);
  });

  test("a personal key is deleted by its user or without naming one, an agent's only as an agent's", async () => {
    const { keys, add } = stores();
    const [a, b] = [await add('a@example.com'), await add('b@example.com')];
    const input = { name: 'k', description: 'd' };
    const mine = await keys.insertApiKey('personal', { ...input, userId: a.id });
    const agents = await keys.insertApiKey('agent', { ...input, userId: null });
    const notFound = { code: 'API_KEY_NOT_FOUND' };
    await expect(keys.deleteApiKey('personal', mine.info.id, b.id)).rejects.toMatchObject(notFound);
    await expect(keys.deleteApiKey('agent', mine.info.id)).rejects.toMatchObject(notFound);
    await expect(keys.deleteApiKey('personal', agents.info.id)).rejects.toMatchObject(notFound);
    await keys.deleteApiKey('personal', mine.info.id);
    expect(await keys.findKeyOwner(mine.apiKey, '')).toBeUndefined();
    expect((await keys.listPersonalApiKeys({ userId: a.id, ...page })).items).toEqual([]);
    expect(await keys.findKeyOwner(agents.apiKey, '192.0.2.9')).toMatchObject({ kind: 'agent', keyName: 'k' });
    expect((await keys.listAgentApiKeys(page)).items).toMatchObject([
      { lastUsedIp: '192.0.2.9', lastUsedAt: expect.any(String) },
    ]);
  });

  test('a key that ends is refused from then on, and good for ever once its own user kept it in time', async () => {
    const { db, keys, add } = stores();
    const [a, b] = [await add('a@example.com'), await add('b@example.com')];
    const expiresAt = new Date(Date.now() + 60_000);
    const { apiKey, info } = await keys.insertApiKey('personal', {
      name: 'k',
      description: '',
      userId: a.id,
      expiresAt,
    });
    expect(info.expiresAt).toBe(expiresAt.toISOString());
    expect(await keys.findKeyOwner(apiKey, '')).toMatchObject({ kind: 'user' });
    await expect(keys.keepApiKey(info.id, b.id)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    await db
      .updateTable('api_keys')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    expect(await keys.findKeyOwner(apiKey, '')).toBeUndefined();
    await expect(keys.keepApiKey(info.id, a.id)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    await db.updateTable('api_keys').set({ expires_at: expiresAt }).execute();
    await keys.keepApiKey(info.id, a.id);
    expect((await keys.listPersonalApiKeys({ userId: a.id, ...page })).items).toMatchObject([{ expiresAt: null }]);
  });

  test('the first admin gets a new key only where nobody at all can come in', async () => {
    const { db, users, keys, add } = stores();
    const deps = { userStore: users, apiKeyStore: keys };
    const start = () => createFirstAdmin(deps, { email: 'admin@example.com', publicUrl: 'http://x' });
    const first = await start();
    expect(first).toMatchObject({ email: 'admin@example.com', apiKey: expect.stringContaining('bigeye_pak_') });
    expect(await start()).toBeUndefined();
    await db
      .updateTable('api_keys')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    const again = await start();
    expect(again?.email).toBe('admin@example.com');
    expect(again?.apiKey).not.toBe(first?.apiKey);
    expect(await start()).toBeUndefined();
    await db
      .updateTable('api_keys')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute();
    const other = await add('other@example.com');
    await users.setPassword(other.id, 'a hash');
    expect(await start()).toBeUndefined();
    await users.updateUser(other.id, { name: 'Other', role: 'member', disabled: true });
    expect(await start()).toMatchObject({ email: 'admin@example.com' });
  });

  test('users, keys and sessions are listed once each over all pages, also those that were made in one moment', async () => {
    const { db, users, keys, sessions, add } = stores();
    for (let n = 0; n < 24; n++) await add(`user${n}@example.com`);
    const { id: userId } = await add('of-keys@example.com');
    for (let n = 0; n < 25; n++) {
      await keys.insertApiKey('agent', { name: `agent ${n}`, description: '', userId: null });
      await keys.insertApiKey('personal', { name: `mine ${n}`, description: '', userId });
      await sessions.createSession(userId, from);
    }
    const at = new Date('2026-01-01T00:00:00Z');
    for (const table of ['users', 'api_keys', 'sessions'] as const)
      await db.updateTable(table).set({ created_at: at }).execute();
    const lists = {
      users: users.listUsers,
      agentKeys: keys.listAgentApiKeys,
      personalKeys: (query: typeof page) => keys.listPersonalApiKeys({ ...query, userId }),
      sessions: (query: typeof page) => sessions.listSessions(userId, undefined, query),
    };
    for (const list of Object.values(lists)) {
      const found = [];
      let cursor: string | undefined;
      do {
        const { items, nextCursor } = await list({ limit: 10, cursor });
        found.push(...items.map(({ id }) => id));
        cursor = nextCursor ?? undefined;
      } while (cursor);
      expect(found).toHaveLength(25);
      expect(new Set(found).size).toBe(25);
    }
    await expect(users.listUsers({ limit: 10, cursor: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('users are found by a part of the name or the address, and counted by what they may and can', async () => {
    const { db, users, add } = stores();
    const [ann] = [await add('ann@example.com', 'admin'), await add('bob@example.com')];
    await users.updateUser(ann.id, { name: 'Ann Berlin', role: 'admin', disabled: false });
    const off = await add('off@example.com');
    await users.updateUser(off.id, { name: 'Off', role: 'member', disabled: true });
    await db.updateTable('users').set({ password_hash: 'x' }).where('id', '=', ann.id).execute();
    const found = async (search: string) =>
      (await users.listUsers({ limit: 10, search })).items.map(({ email }) => email);
    expect(await found('BERLIN')).toEqual(['ann@example.com']);
    expect(await found('B@')).toEqual(['bob@example.com']);
    expect(await found('%')).toEqual([]);
    expect(await users.summarizeUsers()).toEqual({ enabled: 2, admins: 1, withoutSignIn: 1, disabled: 1 });
  });

  test('keys are counted, and those that were never used', async () => {
    const { keys, add } = stores();
    const { id: userId } = await add('a@example.com');
    const used = await keys.insertApiKey('personal', { name: 'used', description: '', userId });
    await keys.insertApiKey('personal', { name: 'not used', description: '', userId });
    await keys.findKeyOwner(used.apiKey, '192.0.2.9');
    expect(await keys.countPersonalApiKeys(userId)).toEqual({ keys: 2, neverUsed: 1 });
    expect(await keys.countAgentApiKeys()).toEqual({ keys: 0, neverUsed: 0 });
  });
});
