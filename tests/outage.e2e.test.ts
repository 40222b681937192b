import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchBrowser } from './support/browser.ts';
import { type PopulatedStack, startPopulatedStack } from './support/populated-stack.ts';

/** What a page does while the control plane does not answer: a real one, and a browser whose requests are cut off. */

let populated: PopulatedStack;
let browser: Browser;
beforeAll(async () => {
  populated = await startPopulatedStack();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await populated?.[Symbol.asyncDispose]();
});

const faults: Record<string, (route: Route) => Promise<void>> = {
  'API answers 503': (route) => route.fulfill({ status: 503, contentType: 'text/plain', body: 'overloaded' }),
  'proxy answers 502': (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
  'network is away': (route) => route.abort('connectionrefused'),
};

describe.each(Object.entries(faults))('while the %s', (_, fail) => {
  let page: Page;
  let asked: number[];
  let since: number;

  beforeAll(async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    await page.goto(`${populated.stack.apiUrl}/sign-in`);
    await page.getByLabel('E-mail').fill(populated.signIn.email);
    await page.getByLabel('Password', { exact: true }).fill(populated.signIn.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  beforeEach(() => {
    asked = [];
    since = Date.now();
  });

  const cutOff = () =>
    page.route('**/api/**', async (route) => {
      asked.push(Date.now() - since);
      await fail(route);
    });
  const askedWithin = (ms: number) => asked.filter((at) => at <= (asked[0] ?? 0) + ms).length;

  test('every page asks less and less often, says since when, and recovers by itself', async () => {
    for (const [name, path] of Object.entries(populated.pages)) {
      if (name === 'docs') continue;
      asked = [];
      await page.goto(`${populated.stack.apiUrl}${path}`);
      await page.waitForFunction(() => !document.querySelector('[aria-busy=true]'));
      const before = await page.getByRole('main').innerText();
      since = Date.now();
      await cutOff();
      // A page that reads nothing any more need not find out.
      const isLive = await page
        .getByText(/does not answer since \d\d:\d\d:\d\d/)
        .waitFor({ timeout: 9000 })
        .then(() => true)
        .catch(() => false);
      expect.soft(isLive || asked.length === 0, `${name} says since when`).toBe(true);
      expect.soft(askedWithin(1000), `${name}: requests in the first second`).toBeLessThanOrEqual(1);
      expect.soft(askedWithin(4000), `${name}: requests in four seconds`).toBeLessThanOrEqual(3);
      // What was known stays on the page.
      if (isLive && before.includes('etl-01'))
        expect.soft(await page.getByRole('main').innerText()).toContain('etl-01');
      await page.unroute('**/api/**');
      await page.getByText(/does not answer since/).waitFor({ state: 'detached', timeout: 20_000 });
    }
  });

  test('a page opened meanwhile says why there is nothing, keeps saying it, and fills itself afterwards', async () => {
    await cutOff();
    await page.goto(`${populated.stack.apiUrl}/settings/agents/hosts`);
    await page.getByText(/does not answer since \d\d:\d\d:\d\d/).waitFor();
    expect(askedWithin(1000)).toBe(1);
    await page.unroute('**/api/**');
    await page.getByRole('link', { name: 'etl-01' }).waitFor();
  });

  test('a page gone to meanwhile says why there is nothing and does not flap', async () => {
    await page.goto(`${populated.stack.apiUrl}/jobs`);
    await page.getByRole('link', { name: 'nightly lineage' }).waitFor();
    await cutOff();
    await page.getByText(/does not answer since/).waitFor();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('heading', { name: 'The users could not be read.' }).waitFor({ timeout: 15_000 });
    const flaps = await page.evaluate(async () => {
      let changes = 0;
      const observer = new MutationObserver(() => {
        if (!document.querySelector('h1')?.textContent?.includes('could not be read')) changes++;
      });
      observer.observe(document.body, { childList: true, subtree: true });
      await new Promise((resolve) => setTimeout(resolve, 8000));
      observer.disconnect();
      return changes;
    });
    expect(flaps).toBe(0);
    await page.unroute('**/api/**');
    await page.getByRole('button', { name: 'A viewer' }).waitFor({ timeout: 40_000 });
  });
});
