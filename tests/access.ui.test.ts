import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, look as lookAt } from './support/browser.ts';
import { root, startTestStack, type TestStack } from './support/test-stack.ts';

/** Users, keys and the audit log as people see them: a real control plane and a real browser, no Docker. */

const webRoot = join(root, 'apps/web/dist');
const password = 'correct horse battery';
let stack: TestStack;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(join(webRoot, 'index.html'))) throw new Error('no web UI: run "node script/build.ts web" first');
  stack = await startTestStack({ WEB_ROOT: webRoot });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.[Symbol.asyncDispose]();
});

const url = (path: string) => `${stack.apiUrl}${path}`;

describe.each(['light', 'dark'] as const)('in the browser, %s', (colorScheme) => {
  const email = `ann-${colorScheme}@example.com`;
  const name = `Ann ${colorScheme}`;
  let page: Page;
  let link = '';
  /** Faults of the pages, and whatever the content policy refused. */
  const problems: string[] = [];
  const look = (what: string) => lookAt(page, `${what}-${colorScheme}`);

  async function open(): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1440, height: 900 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const opened = await context.newPage();
    opened.on('pageerror', (error) => problems.push(error.message));
    opened.on('console', (message) => {
      if (/content security policy/i.test(message.text())) problems.push(message.text());
    });
    return { context, page: opened };
  }
  const signIn = async (at: Page, who: string, typed: string) => {
    await at.getByLabel('E-mail').fill(who);
    await at.getByLabel('Password', { exact: true }).fill(typed);
    await at.getByRole('button', { name: 'Sign in' }).click();
  };
  const menuOf = async (who: string, item: string) => {
    await page.getByRole('button', { name: `Actions for ${who}` }).click();
    await page.getByRole('menuitem', { name: item }).click();
  };

  beforeAll(async () => {
    page = (await open()).page;
  });
  afterAll(() => page?.context().close());

  test('signing in by key leads to where one wanted to be', async () => {
    await page.goto(url('/settings/users'));
    await look('sign-in');
    await page.getByRole('link', { name: 'Use a personal API key' }).click();
    await page.getByLabel('Personal API key').fill('bigeye_pak_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This key is not valid.').waitFor();
    await look('sign-in-key');
    await page.getByLabel('Personal API key').fill(stack.adminKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: /users?, 1 admin/ }).waitFor();
    await look('users');
  });

  test('a user is created, and the link shown once', async () => {
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'Create user' }).click();
    await page.getByText('Type an e-mail address').waitFor();
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Name').fill(name);
    await look('user-form');
    await page.getByRole('button', { name: 'Create user' }).click();
    link = (await page.getByRole('group', { name: 'Link' }).getByRole('code').textContent()) ?? '';
    expect(link).toMatch(/\/set-password#[\w-]{43}$/);
    await look('user-link');
    await page.getByRole('button', { name: 'Copy the link' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(link);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row', { name: new RegExp(`${name}.*no password yet`) }).waitFor();
  });

  test('they set a password with it, change it, and see where they are signed in', async () => {
    const theirs = await open();
    await theirs.page.goto(link);
    await theirs.page.getByLabel('New password').fill('short');
    await theirs.page.getByRole('button', { name: 'Set password and sign in' }).click();
    await theirs.page.getByText('at least 12 characters', { exact: true }).waitFor();
    await lookAt(theirs.page, `set-password-${colorScheme}`);
    await theirs.page.getByLabel('New password').fill(password);
    await theirs.page.getByRole('button', { name: 'Set password and sign in' }).click();
    await theirs.page.waitForURL(/\/runs/);
    expect(theirs.page.url()).not.toContain('#');
    // A member sees no pages of admins.
    await theirs.page.getByRole('link', { name: 'API Keys' }).waitFor();
    expect(await theirs.page.getByRole('link', { name: 'Audit' }).count()).toBe(0);

    await theirs.page.goto(url('/settings/profile'));
    await theirs.page.getByRole('row', { name: /Chrome on Linux · this one/ }).waitFor();
    await theirs.page.getByLabel('Current password').fill('not my password');
    await theirs.page.getByLabel('New password').fill('another good password');
    await theirs.page.getByRole('button', { name: 'Change password' }).click();
    await theirs.page.getByText('The current password is not right.').waitFor();
    await lookAt(theirs.page, `profile-${colorScheme}`);
    await theirs.page.getByLabel('Current password').fill(password);
    await theirs.page.getByRole('button', { name: 'Change password' }).click();
    await theirs.page.getByText('Changed. Your other sessions have ended.').waitFor();

    await theirs.page.getByRole('button', { name: /Account of|Menu of/ }).click();
    await theirs.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await signIn(theirs.page, email, password);
    await theirs.page.getByText('do not match a user').waitFor();
    await signIn(theirs.page, email, 'another good password');
    await theirs.page.waitForURL(/\/runs/);

    await menuOf(name, 'Disable');
    await page.getByRole('button', { name: 'Disable user' }).click();
    await page.getByRole('row', { name: new RegExp(`${name}.*disabled`) }).waitFor();
    await theirs.page.goto(url('/jobs'));
    await theirs.page.waitForURL(/\/sign-in/);
    await theirs.context.close();
  });

  test('the last admin is told why it cannot be deleted', async () => {
    await menuOf('Admin', 'Delete');
    await page.getByRole('button', { name: 'Delete user' }).click();
    await page.getByText('This is the last admin').waitFor();
    await look('last-admin');
    await page.keyboard.press('Escape');
  });

  test('a key is made, copied, and deleted', async () => {
    await page.goto(url('/settings/api-keys'));
    await page.getByRole('button', { name: 'Create agent key' }).click();
    await page.getByLabel('Name').fill(`host ${colorScheme}`);
    await page.getByLabel('Description').fill('For the warehouse machine');
    await look('key-form');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    const key = (await page.getByRole('group', { name: 'API key' }).getByRole('code').textContent()) ?? '';
    await stack.client(key).call('verifyAgentApiKey');
    await look('key-shown');
    await page.getByRole('button', { name: 'Done' }).click();
    const row = page.getByRole('table', { name: 'Agent API keys' }).getByRole('row', { name: `host ${colorScheme}` });
    await row.getByText('127.0.0.1').waitFor();
    await look('api-keys');
    await row.getByRole('button', { name: `Delete the key host ${colorScheme}` }).click();
    await page.getByRole('button', { name: 'Delete key' }).click();
    await row.waitFor({ state: 'detached' });
    await expect(stack.client(key).call('verifyAgentApiKey')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('the audit log says all this, filtered by who and what, and verifies', async () => {
    await page.goto(url('/settings/audit'));
    await page
      .getByRole('row', { name: /Delete agent API key/ })
      .first()
      .waitFor();
    await look('audit');
    await page.keyboard.press('/');
    await page.keyboard.type(email);
    await page.waitForURL(/who=ann/);
    await page.getByRole('link', { name: 'Refused or failed' }).click();
    await page.getByText('SIGN_IN_REFUSED').first().waitFor();
    await page.getByRole('button', { name: 'Sign in' }).first().click();
    await page.getByText('Hash before').waitFor();
    await look('audit-entry');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByRole('heading', { name: /and the chain holds/ }).waitFor();
    await page.goto(url('/settings/audit?who=nobody-of-that-name'));
    await page.getByRole('heading', { name: 'Nothing is like that' }).waitFor();
    await look('audit-empty');
  });

  test('a host is revoked, after the question what that means', async () => {
    const hostId = `lost-${colorScheme}`;
    await stack.registerHost(`kept-${colorScheme}`);
    await stack.registerHost(hostId);
    await page.goto(url('/settings/agents/hosts'));
    await page.getByRole('button', { name: `Revoke ${hostId}` }).click();
    await page.getByText('Its certificate is refused from now on').waitFor();
    await look('host-revoke');
    await page.getByRole('button', { name: 'Revoke host' }).click();
    await page.getByRole('row', { name: new RegExp(`${hostId}.*Revoked`) }).waitFor();
    await look('host-revoked');
  });

  test('nothing failed in the pages on the way, and the content policy refused nothing', () => {
    expect(problems).toEqual([]);
  });
});
