import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { apiRoutes } from '@bigeye/contracts';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, look } from './support/browser.ts';
import { type OpenidProvider, startOpenidProvider } from './support/openid-provider.ts';
import { root, startTestStack, type TestStack } from './support/test-stack.ts';

/** With a real browser, because the session cookie does not travel along redirects from another site. */

const webRoot = join(root, 'apps/web/dist');
let provider: OpenidProvider;
let stack: TestStack;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(join(webRoot, 'index.html'))) throw new Error('no web UI: run "node script/build.ts web" first');
  provider = await startOpenidProvider();
  stack = await startTestStack({
    WEB_ROOT: webRoot,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_NAME: 'Example Corp',
  });
  provider.open(stack.apiUrl + apiRoutes.finishSingleSignOn.path);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

test.each(['light', 'dark'] as const)('one button leads to the provider and back, %s', async (colorScheme) => {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text()) && page.url().startsWith(stack.apiUrl))
      problems.push(message.text());
  });
  const signIn = async (subject: string) => {
    await page.getByRole('link', { name: 'Sign in with Example Corp' }).click();
    await page.locator('input[name=login]').fill(subject);
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
  };
  const unproven = `unproven-${colorScheme}`;
  provider.people.set(unproven, { email: `${unproven}@example.com`, email_verified: false });
  provider.people.set(colorScheme, { email: `${colorScheme}@example.com`, email_verified: true, name: 'Ann' });

  await page.goto(`${stack.apiUrl}/settings/profile`);
  await page.getByRole('link', { name: 'Sign in with Example Corp' }).waitFor();
  await look(page, `single-sign-on-${colorScheme}`);
  await signIn(unproven);
  await page.getByRole('alert').getByText('does not vouch for an e-mail address').waitFor();
  await look(page, `single-sign-on-refused-${colorScheme}`);

  await context.clearCookies();
  await page.goto(`${stack.apiUrl}/settings/profile`);
  await signIn(colorScheme);
  await page.waitForURL(`${stack.apiUrl}/settings/profile`);
  await page.getByRole('row', { name: /Chrome on Linux · this one/ }).waitFor();
  await page.reload();
  await page.getByText(`${colorScheme}@example.com`).first().waitFor();
  expect(problems).toEqual([]);
  await context.close();
});
