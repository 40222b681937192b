import { pause } from '@bigeye/service-kit';
import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, signIn } from './support/browser.ts';
import { type PopulatedStack, startPopulatedStack } from './support/populated-stack.ts';

/** What a page does while the control plane does not answer: a real one, and a browser whose requests are cut off. */

let populated: PopulatedStack;
let browser: Browser;
let context: BrowserContext;
beforeAll(async () => {
  populated = await startPopulatedStack();
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await signIn(page, populated.stack.apiUrl, populated.signIn);
  await page.close();
});
afterAll(async () => {
  await browser?.close();
  await populated?.[Symbol.asyncDispose]();
});

/** The pages tried with the other faults, which are variants of the first; with that one all pages are tried. */
const some = ['runs', 'run-running', 'job', 'hosts', 'not-found'];

type Fault = (route: Route) => Promise<void>;
const overloaded: Fault = (route) => route.fulfill({ status: 503, contentType: 'text/plain', body: 'overloaded' });

const faults: Record<string, Fault> = {
  'API answers 503': overloaded,
  'proxy answers 502': (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
  'network is away': (route) => route.abort('connectionrefused'),
};

const saysSinceWhen = /does not answer since \d\d:\d\d:\d\d/;
/** Tabs at a time: a browser opens six connections to one place. */
const tabs = 5;

/** From now on nothing of the API reaches the page. Gives when each request was made, in milliseconds after the first. */
async function cutOff(page: Page, fail: Fault): Promise<() => number[]> {
  const asked: number[] = [];
  await page.route('**/api/**', async (route) => {
    asked.push(Date.now());
    await fail(route);
  });
  return () => asked.map((at) => at - (asked[0] ?? 0));
}
const open = async (path: string): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${populated.stack.apiUrl}${path}`);
  await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
  await page.getByRole('main').locator('h1, h2').first().waitFor();
  return page;
};

test.each(Object.entries(faults))(
  'while the %s every page asks less and less often, says since when, keeps what it knows, and recovers by itself',
  async (fault, fail) => {
    const paths = Object.entries(populated.pages).filter(
      ([name]) => name !== 'docs' && (fault === 'API answers 503' || some.includes(name)),
    );
    while (paths.length > 0)
      await Promise.all(
        paths.splice(0, tabs).map(async ([name, path]) => {
          await using page = await open(path);
          const known = await page.getByRole('main').locator('a[href], td').allTextContents();
          const asked = await cutOff(page, fail);
          // How often a page asks in a time is what is tested here.
          await pause(9000);
          expect.soft(asked().filter((at) => at < 1000).length, `${name}, first second`).toBeLessThanOrEqual(1);
          expect.soft(asked().length, `${name}, nine seconds`).toBeLessThanOrEqual(4);
          // A page that has asked for nothing since cannot know of the outage.
          if (asked().length > 0)
            expect.soft(await page.getByText(saysSinceWhen).count(), `${name} says since when`).toBe(1);
          const shown = (await page.getByRole('main').allTextContents()).join();
          for (const text of known.filter((text) => /etl-01|nightly/.test(text)))
            expect.soft(shown, name).toContain(text);
          await page.unroute('**/api/**');
          await page.getByText(saysSinceWhen).waitFor({ state: 'detached' });
        }),
      );
  },
);

test('a page opened meanwhile says why there is nothing, and fills itself afterwards', async () => {
  await using page = await context.newPage();
  const asked = await cutOff(page, overloaded);
  await page.goto(`${populated.stack.apiUrl}/settings/agents/hosts`);
  await page.getByText(saysSinceWhen).waitFor();
  expect(asked().filter((at) => at < 1000)).toHaveLength(1);
  await page.unroute('**/api/**');
  await page.getByRole('link', { name: 'etl-01' }).waitFor();
});

test('a page gone to meanwhile says why there is nothing, without a change until there is something', async () => {
  await using page = await open('/jobs');
  await cutOff(page, overloaded);
  await page.getByText(saysSinceWhen).waitFor();
  await page.getByRole('link', { name: 'Users' }).click();
  const missing = page.getByRole('heading', { name: 'The users could not be read.' });
  await missing.waitFor();
  // A change that comes and goes is seen by looking all along, over several tries.
  for (let looks = 0; looks < 80; looks++) {
    expect(await missing.count()).toBe(1);
    await pause(100);
  }
  await page.unroute('**/api/**');
  await page.getByRole('button', { name: 'A viewer' }).first().waitFor();
});
