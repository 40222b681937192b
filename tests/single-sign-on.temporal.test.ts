import { type AuditEntry, apiRoutes, type User } from '@bigeye/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CookieBrowser, createCookieBrowser, type Visit } from './support/cookie-browser.ts';
import { type OpenidProvider, type Person, startOpenidProvider } from './support/openid-provider.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let provider: OpenidProvider;
let stack: TestStack;

const settings = (more: Record<string, string> = {}) => ({
  OIDC_ISSUER: provider.issuer,
  OIDC_CLIENT_ID: provider.clientId,
  OIDC_CLIENT_SECRET: provider.clientSecret,
  OIDC_NAME: 'Example Corp',
  OIDC_ROLE_CLAIM: 'groups',
  ...more,
});

beforeAll(async () => {
  provider = await startOpenidProvider();
  // The provider is away at this start.
  stack = await startTestStack(settings());
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

const start = (to?: string) =>
  `${stack.apiUrl}${apiRoutes.startSingleSignOn.path}${to === undefined ? '' : `?${new URLSearchParams({ to })}`}`;
const callback = () => stack.apiUrl + apiRoutes.finishSingleSignOn.path;
const signInPage = (code: string) => `${stack.apiUrl}/sign-in?error=${code}`;

let count = 0;
function newPerson(person: Person = {}): string {
  count += 1;
  const subject = `subject-${count}`;
  provider.people.set(subject, { email: `${subject}@example.com`, email_verified: true, name: 'Ann', ...person });
  return subject;
}

/** Goes to the provider, signs in there, and stops before the way back. */
async function addressBack(browser: CookieBrowser, subject: string, to?: string): Promise<string> {
  let visit = await browser.visit(start(to));
  for (let hops = 0; hops < 10 && visit.location; hops++) {
    const { location } = visit;
    if (location.startsWith(callback())) return location;
    visit = await browser.visit(location);
    if (visit.status === 200)
      visit = await browser.visit(location, { prompt: 'login', login: subject, password: 'any' });
  }
  throw new Error(`no way back: ${visit.status} ${visit.location} ${visit.text.slice(0, 500)}`);
}

async function signIn(subject: string, to?: string): Promise<{ browser: CookieBrowser; visit: Visit }> {
  const browser = createCookieBrowser();
  return { browser, visit: await browser.visit(await addressBack(browser, subject, to)) };
}
const goesOnTo = ({ text }: Visit) => /http-equiv="refresh" content="0;url=([^"]*)"/.exec(text)?.[1];
async function me(browser: CookieBrowser): Promise<User | undefined> {
  const { status, text } = await browser.visit(stack.apiUrl + apiRoutes.getSession.path);
  return status === 200 ? (JSON.parse(text) as { user: User }).user : undefined;
}
const newestEntry = async (): Promise<AuditEntry | undefined> =>
  (await stack.admin.call('listAuditEntries', { query: { action: 'finishSingleSignOn' } as object })).items[0];

test('the control plane runs while the provider is away, and says so to who signs in', async () => {
  expect(await createCookieBrowser().visit(start())).toMatchObject({ location: signInPage('OIDC_UNREACHABLE') });
  provider.open(callback());
  const { status, location = '' } = await createCookieBrowser().visit(start());
  expect(status).toBe(303);
  const { searchParams } = new URL(location);
  expect(searchParams.get('code_challenge_method')).toBe('S256');
  for (const name of ['state', 'nonce', 'code_challenge']) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/);
});

test('the sign-in page learns what it is called', async () => {
  const { text } = await createCookieBrowser().visit(stack.apiUrl + apiRoutes.getSignInMethods.path);
  expect(JSON.parse(text)).toEqual({ singleSignOn: { name: 'Example Corp' } });
});

describe('who is known to the provider', () => {
  test('is a user with the role of the claim, in a session, where they wanted to be', async () => {
    const subject = newPerson({ groups: ['staff', 'viewer', 'member'] });
    const { browser, visit } = await signIn(subject, '/runs?status=failed');
    expect(visit.status).toBe(200);
    expect(goesOnTo(visit)).toBe('/runs?status=failed');
    expect(visit.headers.get('content-security-policy')).toContain("default-src 'none'");
    const cookies = visit.headers.getSetCookie().join('\n');
    expect(cookies).toMatch(/bigeye_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict/);
    expect(browser.cookies.has('bigeye_oidc')).toBe(false);
    const user = await me(browser);
    expect(user).toMatchObject({
      email: `${subject}@example.com`,
      name: 'Ann',
      role: 'member',
      usesSingleSignOn: true,
    });
    expect(await newestEntry()).toMatchObject({
      actorKind: 'user',
      actorId: user?.id,
      status: 200,
      details: { by: 'single sign-on' },
      credential: expect.stringMatching(/^ses_/),
    });
  });

  test('is the same user ever after, with the role that the claim has by then', async () => {
    const subject = newPerson({ groups: 'admin' });
    const first = await me((await signIn(subject)).browser);
    expect(first?.role).toBe('admin');
    provider.people.set(subject, { email: 'married@example.com', email_verified: true });
    const second = await me((await signIn(subject)).browser);
    expect(second).toMatchObject({ id: first?.id, role: 'viewer', email: first?.email });
  });

  test('is the user whom an admin created with that address', async () => {
    const body = { email: 'made-by-admin@example.com', name: 'Bob', role: 'member' as const };
    const { id } = await stack.admin.call('createUser', { body });
    const subject = newPerson({ email: 'Made-By-Admin@example.com', groups: ['admin'] });
    expect(await me((await signIn(subject)).browser)).toMatchObject({ id, name: 'Bob', role: 'admin' });
  });

  test('stays admin as the last one', async () => {
    const { user } = await stack.admin.call('getSession');
    for (const other of (await stack.admin.call('listUsers')).items)
      if (other.role === 'admin' && other.id !== user.id)
        await stack.admin.call('deleteUser', { params: { userId: other.id } });
    const subject = newPerson({ email: user.email, groups: ['viewer'] });
    expect(await me((await signIn(subject)).browser)).toMatchObject({ id: user.id, role: 'admin' });
  });
});

describe('refused, and led to the sign-in page with the reason, is', () => {
  async function expectRefused(browser: CookieBrowser, visit: Visit, errorCode: string) {
    expect(visit).toMatchObject({ status: 303, location: signInPage(errorCode) });
    expect(browser.cookies.has('bigeye_session')).toBe(false);
    expect(await newestEntry()).toMatchObject({ actorKind: 'anonymous', status: 401, errorCode });
  }

  test('an address that the provider does not vouch for', async () => {
    const { browser, visit } = await signIn(newPerson({ email_verified: false }));
    await expectRefused(browser, visit, 'OIDC_EMAIL_NOT_VERIFIED');
  });

  test('nobody with an address', async () => {
    const { browser, visit } = await signIn(newPerson({ email: undefined }));
    await expectRefused(browser, visit, 'OIDC_EMAIL_NOT_VERIFIED');
  });

  test.each([
    ['of another subject', true],
    ['that the provider keeps silent about', undefined],
  ])("somebody's address %s", async (_, verified) => {
    const email = `taken-${verified}@example.com`;
    if (verified) await signIn(newPerson({ email }));
    else await stack.admin.call('createUser', { body: { email, name: 'Carol', role: 'admin' } });
    const { browser, visit } = await signIn(newPerson({ email, email_verified: verified }));
    await expectRefused(browser, visit, 'OIDC_EMAIL_TAKEN');
    expect((await newestEntry())?.actorName).toBe(email);
  });

  test('a user who is disabled', async () => {
    const subject = newPerson();
    const user = await me((await signIn(subject)).browser);
    if (!user) throw new Error('not signed in');
    const body = { name: 'Ann', role: user.role, disabled: true };
    await stack.admin.call('updateUser', { params: { userId: user.id }, body });
    const { browser, visit } = await signIn(subject);
    await expectRefused(browser, visit, 'OIDC_USER_DISABLED');
  });

  test('a code that was used before', async () => {
    const browser = createCookieBrowser();
    const back = await addressBack(browser, newPerson());
    const flow = browser.cookies.get('bigeye_oidc') ?? '';
    expect((await browser.visit(back)).status).toBe(200);
    const thief = createCookieBrowser();
    thief.cookies.set('bigeye_oidc', flow);
    await expectRefused(thief, await thief.visit(back), 'OIDC_REFUSED');
    expect((await newestEntry())?.details.reason).toMatch(/invalid_grant/);
  });

  test('a code in a browser that did not ask for it', async () => {
    const back = await addressBack(createCookieBrowser(), newPerson());
    const stranger = createCookieBrowser();
    await expectRefused(stranger, await stranger.visit(back), 'OIDC_REFUSED');
    // The second browser has begun a flow of its own, so its state differs.
    await stranger.visit(start());
    await expectRefused(stranger, await stranger.visit(back), 'OIDC_REFUSED');
  });

  test.each(['state', 'iss'])('another %s', async (name) => {
    const browser = createCookieBrowser();
    const back = new URL(await addressBack(browser, newPerson()));
    back.searchParams.set(name, 'https://evil.example');
    await expectRefused(browser, await browser.visit(back.href), 'OIDC_REFUSED');
  });

  test('a cookie that was changed', async () => {
    const browser = createCookieBrowser();
    const back = await addressBack(browser, newPerson());
    const flow = browser.cookies.get('bigeye_oidc') ?? '';
    browser.cookies.set('bigeye_oidc', flow.slice(0, -3) + (flow.at(-3) === 'A' ? 'B' : 'A') + flow.slice(-2));
    await expectRefused(browser, await browser.visit(back), 'OIDC_REFUSED');
  });

  test('who the provider refused', async () => {
    const browser = createCookieBrowser();
    const { location = '' } = await browser.visit(start());
    const state = new URL(location).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ error: 'access_denied', state, iss: provider.issuer });
    await expectRefused(browser, await browser.visit(`${callback()}?${query}`), 'OIDC_REFUSED');
    expect((await newestEntry())?.details.reason).toMatch(/access_denied/);
  });
});

test.each(['https://evil.example/', '//evil.example', '/\\evil.example', '/.//evil.example', '/\t/evil.example'])(
  'nobody is led to %j',
  async (to) => {
    const { visit } = await signIn(newPerson(), to);
    expect(goesOnTo(visit)).toBe('/');
  },
);

test('what is in the path stays text', async () => {
  const { visit } = await signIn(newPerson(), '/runs?q="><script>alert(1)</script>');
  expect(visit.text).not.toContain('<script');
});

test('no code, state or secret is in the audit log', async () => {
  const browser = createCookieBrowser();
  const back = new URL(await addressBack(browser, newPerson()));
  const flow = browser.cookies.get('bigeye_oidc') ?? '';
  await browser.visit(back.href);
  await createCookieBrowser().visit(back.href);
  const { items } = await stack.admin.call('listAuditEntries', { query: { limit: 200 } as object });
  const { code = '', state = '' } = Object.fromEntries(back.searchParams);
  for (const secret of [code, state, flow, browser.cookies.get('bigeye_session') ?? '', provider.clientSecret])
    expect(JSON.stringify(items)).not.toContain(secret);
});

test('bringing back what was never asked for again and again has to wait, and the page is told how long', async () => {
  const locations: string[] = [];
  for (let i = 0; i < 55; i++) {
    const { location = '' } = await createCookieBrowser().visit(`${callback()}?code=guess-${i}&state=x`);
    locations.push(location);
  }
  expect(locations[0]).toBe(signInPage('OIDC_REFUSED'));
  expect(locations.at(-1)).toMatch(/\/sign-in\?error=TOO_MANY_ATTEMPTS&retryAfterSeconds=\d+$/);
});
