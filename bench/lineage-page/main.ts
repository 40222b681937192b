/**
 * How long the lineage page takes at a real size, and whether it ever stands still: 2,000 tables and 27,000 edges in a
 * real control plane (embedded PostgreSQL), a hub in the middle, Chromium. Needs the built UI (npx vite build in apps/web).
 * Run: npm run lineage-page -w bench
 */
import { type Page, setStage, settled } from '../../tests/support/lineage-stage.ts';

await using stage = await setStage();
const { hubId } = stage;
const rows: Record<string, Record<string, number | undefined>> = {};

/** Of the page's own thread: the longest gap between two frames, and the longest task as the browser counts it. */
const watch = `{
  const seen = { task: 0, gap: 0 };
  globalThis.seenBlocks = seen;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.task = Math.max(seen.task, duration);
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
  page.evaluate<{ task: number; gap: number }>(`new Promise((resolve) => setTimeout(() => {
    resolve({ ...globalThis.seenBlocks });
    Object.assign(globalThis.seenBlocks, { task: 0, gap: 0 });
  }, 500))`);

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds on the processor: what a task costs, however many others want the machine meanwhile. */
  tdur?: number;
  args?: { name?: string };
}
function longestOnCpu(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const named = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const main = new Set(named.map(threadOf));
  const tasks = traceEvents.filter((event) => event.name.endsWith('RunTask') && main.has(threadOf(event)));
  return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
}

async function measure(what: string, page: Page, act: () => Promise<unknown>, until = settled): Promise<void> {
  if (page.url().includes('/lineage')) await blocks(page);
  await stage.browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  const begun = performance.now();
  await act();
  await until(page);
  const ms = performance.now() - begun;
  const { task, gap } = await blocks(page);
  const cpu = longestOnCpu(await stage.browser.stopTracing());
  const summary = await page.getByRole('status').filter({ hasText: 'table' }).allTextContents();
  const tables = Number.parseInt(summary[0] ?? '0', 10);
  const [taskMs, frameMs, taskCpuMs] = [task, gap, cpu].map(Math.round);
  rows[what] = { ms: Math.round(ms), taskMs, frameMs, taskCpuMs, tables };
  console.log(what, rows[what]);
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
  const isThere = () => page.getByRole('main').getByRole('heading').first().waitFor();
  await measure(`${path} by a link`, page, () => page.goto(`${stage.stack.apiUrl}${path}`), isThere);
  await page.context().close();
}
for (const steps of [1, 2, 3, 6]) {
  const page = await stage.open();
  await page.addInitScript({ content: watch });
  await measure(`by a link, ${steps} steps`, page, () => page.goto(address(steps)));
  await page.context().close();
}
console.table(rows);
