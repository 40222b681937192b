import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, look } from './support/browser.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
let browser: Browser;
beforeAll(async () => {
  stack = await startTestStack();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.[Symbol.asyncDispose]();
});

test.each(['light', 'dark'] as const)(
  '/docs is whole under its policy, asks no other origin and reads well (%s)',
  async (theme) => {
    const context = await browser.newContext({ colorScheme: theme, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    const elsewhere: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${stack.apiUrl}/`)) elsewhere.push(request.url());
    });
    await page.goto(`${stack.apiUrl}/docs`);
    await page.getByRole('link', { name: 'Sign out', exact: true }).click();
    expect(page.url()).toMatch(/#signOut$/);
    expect(await page.getByRole('article').count()).toBeGreaterThan(40);
    expect(
      await page
        .locator('h1')
        .evaluate((heading) => heading.ownerDocument.defaultView?.getComputedStyle(heading).fontFamily),
    ).toContain('system-ui');
    await look(page, `docs-${theme}`);
    expect(complaints).toEqual([]);
    expect(elsewhere).toEqual([]);
    await context.close();
  },
);
