import { createLogger } from '@bigeye/service-kit';
import { startTestPostgres } from '@bigeye/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../apps/control-plane/src/db/database.ts';
import { createRetentionStore } from '../apps/control-plane/src/retention/retention-store.ts';
import { axeFaultsOf, launchBrowser, shoot, signIn } from './support/browser.ts';
import { layoutFaultsOf } from './support/layout-faults.ts';
import { type PopulatedStack, startPopulatedStack } from './support/populated-stack.ts';

/** What the page of a run says once its log and its artifacts went by their age: a real control plane and a real browser. */
const resources = new AsyncDisposableStack();
let populated: PopulatedStack;
let page: Page;
beforeAll(async () => {
  const { url } = resources.use(await startTestPostgres());
  populated = resources.use(await startPopulatedStack({ DATABASE_URL: url }));
  const { db } = resources.use(await openDatabase({ url, log: createLogger('test', 'error') }));
  const content = { bytes: 2048, stored_bytes: 10, object: 'runs/none', digest: null, removed_at: null };
  await db
    .insertInto('run_artifacts')
    .values({ run_id: populated.goodRun, name: 'report.json', ...content })
    .execute();
  const retention = createRetentionStore(db);
  await retention.removeLogs(new Date(), 100);
  await retention.removeArtifacts(new Date(), 100);
  const browser = await launchBrowser();
  resources.defer(() => browser.close());
  page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await signIn(page, populated.stack.apiUrl, populated.signIn);
});
afterAll(() => resources.disposeAsync());

const open = async (runId: string) => {
  await page.goto(`${populated.stack.apiUrl}/runs/${runId}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
};

test('the log says when and why it went, how long it was, and offers no download', async () => {
  await open(populated.goodRun);
  await page.getByText(/^The log was removed on .+, because of its age\. An admin decides how long/).waitFor();
  const { logLines } = await populated.stack.admin.call('getRun', { params: { runId: populated.goodRun } });
  expect(logLines).toBeGreaterThan(0);
  await page.getByText(`${logLines} lines, removed`).waitFor();
  expect(await page.getByRole('link', { name: 'Download the whole log' }).count()).toBe(0);
  await shoot(page, 'run-removed');
  expect(await axeFaultsOf(page)).toEqual([]);
});

test('an artifact keeps its name and size, says when it went, and is no link', async () => {
  await open(populated.goodRun);
  const artifact = page.getByText('report.json').first();
  await artifact.waitFor();
  await page.getByText(/removed (just now|\d+ (s|m) ago)/).waitFor();
  expect(await page.getByRole('link', { name: /report\.json/ }).count()).toBe(0);
});

test('the log of a run that goes on is left alone', async () => {
  await open(populated.runningRun);
  await page.getByRole('link', { name: 'Download the whole log' }).waitFor();
  expect(await page.getByText('because of its age').count()).toBe(0);
});

test('Settings, Storage says how much is left in dark too, and why it cannot be read', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const width of [390, 768, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${populated.stack.apiUrl}/settings/storage`);
    await page.getByRole('heading', { name: /^3 runs kept: .+ in the database/ }).waitFor();
    await shoot(page, `storage-removed-dark-${width}`);
    expect(await layoutFaultsOf(page)).toEqual([]);
    expect(await axeFaultsOf(page)).toEqual([]);
  }
  await page.route('**/agent-orchestrator/storage', (route) => route.abort());
  await page.reload();
  await page.getByRole('heading', { name: 'The storage could not be read.' }).waitFor();
  await shoot(page, 'storage-error');
  expect(await axeFaultsOf(page)).toEqual([]);
});
