/**
 * How long the lineage page takes at a real size, and whether it ever stands still: 2,000 tables and 27,000 edges in a
 * real control plane (PGlite), a hub in the middle, Chromium. Needs the built UI (npx vite build in apps/web).
 * Run: npm run lineage-page -w bench
 */
import { type Page, setStage, settled } from '../../tests/support/lineage-stage.ts';

await using stage = await setStage();
const { hubId } = stage;
const rows: Record<string, Record<string, number>> = {};

/** Blocks of the page's own thread: tasks above 50 ms as the browser counts them, and gaps between two frames. */
const watch = `{
  const seen = { longest: 0, gap: 0 };
  globalThis.seenBlocks = seen;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
  }).observe({ type: 'longtask', buffered: true });
  let last = performance.now();
  const frame = (now) => {
    seen.gap = Math.max(seen.gap, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}`;
// What has just ended is told in the next moments, and the view moves for a while.
const blocks = (page: Page) =>
  page.evaluate<{ longest: number; gap: number }>(`new Promise((resolve) => setTimeout(() => {
    resolve({ ...globalThis.seenBlocks });
    Object.assign(globalThis.seenBlocks, { longest: 0, gap: 0 });
  }, 500))`);

async function measure(what: string, page: Page, act: () => Promise<unknown>): Promise<void> {
  if (page.url().includes('/lineage')) await blocks(page);
  const begun = performance.now();
  await act();
  await settled(page);
  const ms = performance.now() - begun;
  const { longest, gap } = await blocks(page);
  const summary = await page.locator('main [role=status]').first().textContent();
  const tables = Number.parseInt(summary ?? '', 10);
  rows[what] = { ms: Math.round(ms), longestTaskMs: Math.round(longest), longestFrameMs: Math.round(gap), tables };
}

const address = (depth: number) => `${stage.stack.apiUrl}/lineage?node=${hubId}&depth=${depth}&opened=[${hubId}]`;
{
  const page = await stage.open();
  await page.addInitScript({ content: watch });
  await measure('the whole UI by a link, 1 step', page, () => page.goto(address(1)));
  for (const steps of [2, 3, 6, 1, 3]) {
    const what = rows[`${steps} steps`] ? `${steps} steps again` : `${steps} steps`;
    await measure(what, page, async () => {
      await page.getByLabel('Steps around it').fill(String(steps));
      await page.waitForURL(new RegExp(`depth=${steps}`));
    });
  }
  await measure('show all', page, () => page.getByRole('button', { name: 'Show all' }).click());
  await measure('back to the start', page, () => page.getByRole('button', { name: 'Back to the start' }).click());
  await measure('hover over columns', page, async () => {
    for (const row of await page.locator('[data-column]').all()) await row.hover();
  });
  await measure('choose a column', page, () => page.locator('[data-column]').nth(1).click());
  await measure('drag and zoom', page, async () => {
    await page.mouse.move(300, 700);
    await page.mouse.down();
    for (let n = 0; n < 40; n++) await page.mouse.move(300 + n * 10, 700 - n * 5);
    await page.mouse.up();
    for (let n = 0; n < 10; n++) await page.mouse.wheel(0, 80);
  });
  for (let n = 1; n <= 3; n++)
    await measure(`20 more downstream, ${n}`, page, async () => {
      await page.getByRole('button', { name: 'Back to the start' }).click();
      await page.getByRole('button', { name: /more downstream of hub_0/ }).click();
      await page.getByRole('button', { name: 'Show 20 more' }).click();
      await page.waitForURL(new RegExp(`${hubId}d${n * 20}`));
    });
  await measure('400 tables by a link', page, () => page.goto(`${address(6)}&more=["${hubId}d240","${hubId}u100"]`));
  await measure('400 tables, show all', page, () => page.getByRole('button', { name: 'Show all' }).click());
  await page.context().close();
}
// How much of a block is the start of the UI as such.
for (const path of ['/runs', '/settings/agents/hosts']) {
  const page = await stage.open();
  await page.addInitScript({ content: watch });
  await page.goto(`${stage.stack.apiUrl}${path}`);
  const { longest, gap } = await blocks(page);
  rows[`${path} by a link`] = { longestTaskMs: Math.round(longest), longestFrameMs: Math.round(gap) };
  await page.context().close();
}
for (const steps of [1, 2, 3, 6]) {
  const page = await stage.open();
  await page.addInitScript({ content: watch });
  await measure(`by a link, ${steps} steps`, page, () => page.goto(address(steps)));
  await page.context().close();
}
console.table(rows);
