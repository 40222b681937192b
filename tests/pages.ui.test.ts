import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFaultsOf, launchBrowser, shoot, signIn } from './support/browser.ts';
import { layoutFaultsOf } from './support/layout-faults.ts';
import { type PopulatedStack, startPopulatedStack } from './support/populated-stack.ts';

/** Every page at every width in both themes: a real control plane, a real browser, and a host whose engine is a fake. */

const widths = [390, 768, 1024, 1280, 1440];
/** axe runs at these widths only: one shows lists as cards, one as tables with all columns, and it sees no other difference. */
const widthsForAxe = [390, 1440];

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

describe.each(['light', 'dark'] as const)('every page, %s', (colorScheme) => {
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`${populated.stack.apiUrl}/`)) complaints.push(`asked ${request.url()}`);
    });
  });

  async function expectWhole(name: string): Promise<void> {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
      await shoot(page, `${name}-${colorScheme}-${width}`);
      expect.soft(await layoutFaultsOf(page), `${name} at ${width} px`).toEqual([]);
      if (!widthsForAxe.includes(width)) continue;
      expect.soft(await axeFaultsOf(page), `${name} at ${width} px, axe`).toEqual([]);
    }
  }

  test('the page to sign in is whole', async () => {
    await page.goto(`${populated.stack.apiUrl}/sign-in`);
    await page.getByLabel('E-mail').waitFor();
    await expectWhole('sign-in');
    await signIn(page, populated.stack.apiUrl, populated.signIn);
    // The page asks who is signed in before anybody is; the browser logs that 401 as an error.
    complaints.length = 0;
  });

  test('nothing overflows, every kept cell shows its content, and axe finds nothing', async () => {
    for (const [name, path] of Object.entries(populated.pages)) {
      await page.goto(`${populated.stack.apiUrl}${path}`);
      await page
        .getByRole('heading', { level: 1 })
        .or(page.getByRole('heading', { level: 2 }))
        .first()
        .waitFor();
      await expectWhole(name);
    }
    // Every page at every width, one after the other.
  }, 480_000);

  test('no page complains, breaks its policy or asks another origin', () => {
    expect(complaints).toEqual([]);
  });
});
