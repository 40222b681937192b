import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { createHubGraph, hubPath } from '../../bench/lineage-page/hub-graph.ts';
import { launchBrowser } from './browser.ts';
import { root, startTestStack, type TestStack } from './test-stack.ts';

export type { Page };

/** A control plane (embedded PostgreSQL) that holds the graph and serves the built UI, and a Chromium beside it. */
export interface Stage extends AsyncDisposable {
  stack: TestStack;
  browser: Browser;
  /** The catalogue's number of the first hub. */
  hubId: number;
  /** A page that is signed in. */
  open(options?: { theme?: 'light' | 'dark'; width?: number; height?: number }): Promise<Page>;
}

/** `numbers`: of the graph; 2,000 tables and 27,000 edges if not told otherwise. The UI must be built. */
export async function setStage(numbers: Parameters<typeof createHubGraph>[0] = {}): Promise<Stage> {
  const stack = await startTestStack({ WEB_ROOT: join(root, 'apps/web/dist') });
  const { id: customRepositoryId } = await stack.admin.call('createCustomRepository', { body: { name: 'warehouse' } });
  // By hand: on a busy machine it takes longer than a client waits.
  const synced = await fetch(`${stack.apiUrl}/api/v2/lineage/custom-repositories/sync`, {
    method: 'POST',
    headers: { authorization: `apikey ${stack.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ customRepositoryId, ...createHubGraph(numbers) }),
  });
  if (!synced.ok) throw new Error(`the graph was not taken: ${await synced.text()}`);
  const { nodes } = await stack.admin.call('searchLineageNodes', { query: { search: hubPath, limit: 1 } });
  const browser = await launchBrowser();
  return {
    stack,
    browser,
    hubId: nodes[0]?.id ?? 0,
    open: async ({ theme = 'light', width = 1440, height = 900 } = {}) => {
      const context = await browser.newContext({ colorScheme: theme, viewport: { width, height } });
      const page = await context.newPage();
      await page.goto(`${stack.apiUrl}/sign-in?by=key`);
      await page.getByLabel('Personal API key').fill(stack.adminKey);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('navigation', { name: 'Main' }).waitFor();
      return page;
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await stack[Symbol.asyncDispose]();
    },
  };
}

/** Waits until all that was asked for is read, laid out and drawn, for two frames. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    let quiet = 0;
    const look = () => {
      const isQuiet = document.querySelector('[data-table]') && !document.querySelector('main [aria-busy=true]');
      quiet = isQuiet ? quiet + 1 : 0;
      if (quiet > 2) resolve();
      else requestAnimationFrame(look);
    };
    look();
  })`);
}
