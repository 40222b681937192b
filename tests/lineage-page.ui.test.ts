import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFaultsOf, look } from './support/browser.ts';
import { type Page, type Stage, setStage, settled } from './support/lineage-stage.ts';

/** 2,000 tables and 27,000 edges with hubs; how quick it is says bench/lineage-page. */
let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage?.[Symbol.asyncDispose]());

const widths = [390, 768, 1024, 1280, 1440];

describe.each(['light', 'dark'] as const)('lineage around a hub, %s', (theme) => {
  let page: Page;
  const complaints: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    page = await stage.open({ theme });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
  });
  afterAll(() => page?.context().close());

  const hub = () => page.getByRole('region', { name: 'warehouse.core.hub_0', exact: true });
  const at = (query: string) => page.goto(`${stage.stack.apiUrl}/lineage?node=${stage.hubId}${query}`);
  const asked = () => requests.filter((url) => url.includes('/neighbourhood')).length;

  test('three steps are one request, what is too much is folded, and only what is in view is in the page', async () => {
    requests.length = 0;
    await at(`&depth=3&opened=[${stage.hubId}]`);
    await settled(page);
    await hub().getByText('column_3', { exact: true }).waitFor();
    expect(asked()).toBe(1);
    await hub()
      .getByRole('button', { name: /\d\d+ more upstream of hub_0/ })
      .waitFor();
    expect(await page.getByRole('status').filter({ hasText: 'more folded at' }).count()).toBe(1);
    const tables = Number.parseInt(
      (await page.getByRole('status').filter({ hasText: 'tables' }).textContent()) ?? '',
      10,
    );
    expect(tables).toBeGreaterThan(60);
    expect(await page.locator('[data-table]').count()).toBeLessThan(tables);
    await look(page, `lineage-hub-${theme}`);
  });

  test('a chosen column lights its path and tells its edges, and Back undoes it without losing the place', async () => {
    await at(`&opened=[${stage.hubId}]`);
    await settled(page);
    const column = hub().getByRole('button', { name: /^column_2/ });
    await column.focus();
    await page.keyboard.press('Enter');
    const details = page.getByRole('complementary', { name: /hub_0\.column_2/ });
    await details.getByText('Direct · as it is').first().waitFor();
    await settled(page);
    await look(page, `lineage-column-${theme}`);
    await page.goBack();
    await details.waitFor({ state: 'detached' });
    await settled(page);
    expect(await column.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  });

  test('folded neighbours come in batches or one by one, and the address keeps them', async () => {
    await at('');
    await settled(page);
    const more = hub().getByRole('button', { name: /more downstream of hub_0/ });
    const before = Number.parseInt((await more.textContent()) ?? '', 10);
    await more.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Show 20 more' }).click();
    await hub()
      .getByText(`${before - 20} more`)
      .waitFor();
    expect(page.url()).toContain(`${stage.hubId}d20`);
    await more.click();
    const list = page.getByRole('dialog');
    await list.getByRole('textbox').fill('expo');
    await list
      .getByRole('button', { name: /exports/, disabled: false, pressed: false })
      .first()
      .click();
    await hub()
      .getByText(`${before - 21} more`)
      .waitFor();
    expect(await axeFaultsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.reload();
    await hub()
      .getByText(`${before - 21} more`)
      .waitFor();
    await page.goBack();
    await page.goBack();
    await hub().getByText(`${before} more`).waitFor();
  });

  test('found in the graph, gone to by keys, and back to the start', async () => {
    await at('&depth=3');
    await settled(page);
    await page.getByRole('textbox', { name: 'Find in this graph' }).fill('expo_table');
    await page.getByRole('option').first().waitFor();
    expect(await axeFaultsOf(page)).toEqual([]);
    await page.keyboard.press('Enter');
    const focused = () =>
      page.evaluate<string | undefined>('document.activeElement.closest("section")?.getAttribute("aria-label")');
    await expect.poll(focused).toContain('warehouse.exports.expo_table');
    const found = await focused();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(focused).not.toBe(found);
    await page.getByRole('button', { name: 'Back to the start' }).click();
    await expect.poll(async () => (await hub().boundingBox())?.x ?? 0).toBeGreaterThan(300);
    await page.getByRole('button', { name: 'Show all' }).click();
    await settled(page);
    await page.getByRole('img', { name: 'Overview of the graph' }).click({ position: { x: 20, y: 70 } });
  });

  test('the row that a search has selected can be read', async () => {
    await page.goto(`${stage.stack.apiUrl}/lineage`);
    await page.getByRole('textbox', { name: 'Search tables and columns' }).fill('hub_0.column');
    await page.locator('[role=option][data-combobox-selected]').waitFor();
    expect(await axeFaultsOf(page)).toEqual([]);
  });

  test.each(widths)('nothing is wider than a window of %i', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await at(`&opened=[${stage.hubId}]&table=${stage.hubId}`);
    await settled(page);
    await hub()
      .getByRole('button', { name: /more downstream/ })
      .waitFor();
    const wider = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(wider)).toBe(0);
    if (width === 390) expect(await axeFaultsOf(page)).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  test('the policy refused nothing, and nothing failed on the way', () => {
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith(`${stage.stack.apiUrl}/`))).toEqual([]);
  });
});
