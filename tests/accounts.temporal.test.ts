import { type ApiClient, apiRoutes, type Role, type User } from '@bigeye/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowserSession } from './support/browser-session.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const password = 'correct horse battery';
let count = 0;

/** A user with a password, and a browser in which they are signed in. */
async function newUser(role: Role = 'member') {
  count += 1;
  const email = `user-${count}@example.com`;
  const { passwordLink, ...user } = await stack.admin.call('createUser', { body: { email, name: email, role } });
  const token = new URL(passwordLink.url).hash.slice(1);
  const browser = createBrowserSession(stack.apiUrl);
  await browser.call('setPassword', { body: { token, password } });
  await browser.call('signIn', { body: { email, password } });
  return { email, user, browser };
}
const signIn = (email: string, typed: string) =>
  createBrowserSession(stack.apiUrl).call('signIn', { body: { email, password: typed } });
const change = ({ id, name, role }: User, part: Partial<{ role: Role; disabled: boolean }>) =>
  stack.admin.call('updateUser', { params: { userId: id }, body: { name, role, disabled: false, ...part } });
const me = async (client: ApiClient) => (await client.call('getSession')).user;

describe('passwords', () => {
  test('the first admin sets one with the link of the first start, and signs in with it', async () => {
    const browser = createBrowserSession(stack.apiUrl);
    const body = { token: stack.adminPasswordToken, password };
    const { email } = await browser.call('setPassword', { body });
    expect(await browser.call('signIn', { body: { email: email.toUpperCase(), password } })).toMatchObject({
      user: { role: 'admin', hasPassword: true },
    });
    expect(await me(browser)).toMatchObject({ email });
    await expect(browser.call('setPassword', { body })).rejects.toMatchObject({ code: 'PASSWORD_LINK_INVALID' });
  });

  test.each([
    ['short', 'at least 12 characters'],
    ['aaaaaaaaaaaaaaaaaaaa', 'at least 5 different characters'],
    ['x'.repeat(257), 'at most 256 characters'],
  ])('"%.20s" is refused', async (bad, message) => {
    const refused = createBrowserSession(stack.apiUrl).call('setPassword', { body: { token: 'x', password: bad } });
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { issues: expect.arrayContaining([{ path: 'password', message }]) },
    });
  });

  test('nobody is told whether it was the address or the password', async () => {
    const { email } = await newUser();
    const [wrong, unknown] = await Promise.all(
      [signIn(email, 'wrong'), signIn('nobody@example.com', password)].map((attempt) => attempt.catch((e) => e)),
    );
    expect(wrong).toMatchObject({ code: 'SIGN_IN_REFUSED', httpStatus: 401 });
    expect(unknown.message).toBe(wrong.message);
  });

  test('changing it needs the old one, ends the other sessions and keeps this one', async () => {
    const { email, browser } = await newUser();
    const elsewhere = createBrowserSession(stack.apiUrl);
    await elsewhere.call('signIn', { body: { email, password } });
    const to = (currentPassword: string) =>
      browser.call('changePassword', { body: { currentPassword, newPassword: 'another good password' } });
    await expect(to('not the old one')).rejects.toMatchObject({ code: 'PASSWORD_WRONG' });
    await to(password);
    expect(await me(browser)).toMatchObject({ email });
    await expect(me(elsewhere)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(signIn(email, password)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
    await signIn(email, 'another good password');
  });

  test('who has none is told how to get one', async () => {
    const { client } = await stack.createUser('viewer');
    await expect(
      client.call('changePassword', { body: { currentPassword: 'x', newPassword: password } }),
    ).rejects.toMatchObject({ code: 'PASSWORD_NOT_SET' });
  });

  test("an admin's new link ends the sessions when it is used, and the old password then too", async () => {
    const { user, email, browser } = await newUser();
    const { url } = await stack.admin.call('createPasswordLink', { params: { userId: user.id } });
    expect(url).toMatch(/\/set-password#[\w-]{43}$/);
    expect(await me(browser)).toMatchObject({ email });
    const body = { token: url.split('#')[1] ?? '', password: 'the third good one' };
    await createBrowserSession(stack.apiUrl).call('setPassword', { body });
    await expect(me(browser)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(signIn(email, password)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
  });

  test('guessing ends with 429 and the time to wait, for the right password too', async () => {
    const { email, browser } = await newUser();
    for (let i = 0; i < 10; i++) await signIn(email, `wrong ${i}`).catch(() => undefined);
    const reply = await fetch(`${stack.apiUrl}${apiRoutes.signIn.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    expect(reply.status).toBe(429);
    const seconds = Number(reply.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(await reply.json()).toMatchObject({
      errorCode: 'TOO_MANY_ATTEMPTS',
      details: { retryAfterSeconds: seconds },
      remedy: expect.stringContaining('Wait'),
    });
    expect(await me(browser)).toMatchObject({ email });
  });
});

describe('sessions', () => {
  test('are listed with where they come from, and ended one by one', async () => {
    const { email, browser } = await newUser();
    const phone = createBrowserSession(stack.apiUrl, { 'user-agent': 'a phone' });
    await phone.call('signIn', { body: { email, password } });
    const { items: sessions } = await browser.call('listSessions');
    expect(sessions).toMatchObject([
      { userAgent: 'a phone', address: '127.0.0.1', isCurrent: false },
      { isCurrent: true },
    ]);
    const [other] = sessions;
    if (!other) throw new Error('no session');
    await browser.call('deleteSession', { params: { sessionId: other.id } });
    await expect(me(phone)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await me(browser)).toMatchObject({ email });
  });

  test('signing in again ends the session that was there', async () => {
    const { email, browser } = await newUser();
    const before = browser.cookie();
    await browser.call('signIn', { body: { email, password } });
    const hosts = `${stack.apiUrl}${apiRoutes.listHosts.path}`;
    expect((await fetch(hosts, { headers: { cookie: before } })).status).toBe(401);
    expect((await fetch(hosts, { headers: { cookie: browser.cookie() } })).status).toBe(200);
  });

  test.each([{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])(
    'a write from another site (%o) is not of the session',
    async (headers) => {
      const { browser } = await newUser();
      const reply = await fetch(`${stack.apiUrl}${apiRoutes.createPersonalApiKey.path}`, {
        method: 'POST',
        headers: { cookie: browser.cookie(), 'content-type': 'application/json', ...headers },
        body: '{"name":"x"}',
      });
      expect(reply.status).toBe(401);
    },
  );
});

describe('users', () => {
  test('a role counts from the next request on, for sessions and keys alike', async () => {
    const { user, browser } = await newUser('member');
    const { apiKey } = await browser.call('createPersonalApiKey', { body: { name: 'k' } });
    const key = stack.client(apiKey);
    for (const client of [browser, key])
      await expect(client.call('listUsers')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await change(user, { role: 'admin' });
    for (const client of [browser, key]) await client.call('listUsers');
    await change(user, { role: 'viewer' });
    for (const client of [browser, key])
      await expect(client.call('createAgentApiKey', { body: { name: 'x' } })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
  });

  test.each(['disabled', 'deleted'])('one who is %s is out at once, by session, key and password', async (how) => {
    const { user, email, browser } = await newUser();
    const { apiKey } = await browser.call('createPersonalApiKey', { body: { name: 'k' } });
    if (how === 'disabled') expect((await change(user, { disabled: true })).disabledAt).toEqual(expect.any(String));
    else await stack.admin.call('deleteUser', { params: { userId: user.id } });
    await expect(me(browser)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(me(stack.client(apiKey))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(signIn(email, password)).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' });
  });

  test('the last admin cannot be lost', async () => {
    const { id, name } = await me(stack.admin);
    const last = { code: 'LAST_ADMIN' };
    const others = (await stack.admin.call('listUsers')).items.filter((u) => u.role === 'admin' && u.id !== id);
    for (const other of others) await change(other, { role: 'viewer' });
    await expect(stack.admin.call('deleteUser', { params: { userId: id } })).rejects.toMatchObject(last);
    const body = { name, role: 'member' as const, disabled: false };
    await expect(stack.admin.call('updateUser', { params: { userId: id }, body })).rejects.toMatchObject(last);
  });
});

describe('API keys', () => {
  test('everybody lists and deletes their own; a deleted one is refused at once', async () => {
    const { browser } = await newUser('viewer');
    const { apiKey, info } = await browser.call('createPersonalApiKey', { body: { name: 'k', description: 'd' } });
    expect(apiKey).toMatch(/^bigeye_pak_[a-z0-9]{50}$/);
    await stack.client(apiKey).call('verifyPersonalApiKey');
    expect((await browser.call('listPersonalApiKeys')).items).toEqual([
      { ...info, lastUsedAt: expect.any(String), lastUsedIp: '127.0.0.1' },
    ]);
    await browser.call('deletePersonalApiKey', { params: { apiKeyId: info.id } });
    await expect(stack.client(apiKey).call('verifyPersonalApiKey')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test("admins list and delete others' keys, others do not", async () => {
    const [a, b] = [await newUser('viewer'), await newUser('member')];
    const { info } = await a.browser.call('createPersonalApiKey', { body: { name: 'k' } });
    const query = { userId: a.user.id };
    await expect(b.browser.call('listPersonalApiKeys', { query })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const params = { apiKeyId: info.id };
    await expect(b.browser.call('deletePersonalApiKey', { params })).rejects.toMatchObject({
      code: 'API_KEY_NOT_FOUND',
    });
    expect((await stack.admin.call('listPersonalApiKeys', { query })).items).toEqual([info]);
    await stack.admin.call('deletePersonalApiKey', { params });
    expect((await stack.admin.call('listPersonalApiKeys', { query })).items).toEqual([]);
  });

  test('an agent key is deleted by an admin', async () => {
    const { apiKey, info } = await stack.admin.call('createAgentApiKey', { body: { name: 'host' } });
    await stack.client(apiKey).call('verifyAgentApiKey');
    await stack.admin.call('deleteAgentApiKey', { params: { apiKeyId: info.id } });
    await expect(stack.client(apiKey).call('verifyAgentApiKey')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('bad keys wait after many of them, good ones of the same address do not', async () => {
    const bad = stack.client('bigeye_agent_wrong');
    const codes = new Set<string>();
    for (let i = 0; i < 310; i++) codes.add((await bad.call('verifyAgentApiKey').catch((error) => error)).code);
    expect(codes).toEqual(new Set(['UNAUTHENTICATED', 'TOO_MANY_ATTEMPTS']));
    await stack.admin.call('verifyPersonalApiKey');
  });
});
