import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiClient, HostId } from '@bigeye/contracts';
import { createHttpTransport } from '@bigeye/service-kit';
import { freePort } from '@bigeye/testkit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchBrowser, look as lookAt } from './support/browser.ts';
import { docker } from './support/control-plane-process.ts';
import { root } from './support/test-stack.ts';

/** What a newcomer types, then what they see in the browser. Its own folder, ports and host id keep it apart from a quickstart that runs already. */

const name = `qs-${process.pid}`;
const data = mkdtempSync(join(tmpdir(), 'quickstart-'));
let port = 0;
let up: SpawnSyncReturns<string>;
let browser: Browser;

function quickstart(...args: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, QUICKSTART_DATA: data, QUICKSTART_PORT: String(port), QUICKSTART_NAME: name };
  return spawnSync(join(root, 'script/quickstart'), args, { env, encoding: 'utf8', timeout: 600_000 });
}

beforeAll(async () => {
  port = await freePort();
  up = quickstart();
  browser = await launchBrowser();
}, 600_000);
afterAll(async () => {
  await browser?.close();
  quickstart('down');
  rmSync(data, { recursive: true, force: true });
}, 120_000);

const url = (path: string) => `http://127.0.0.1:${port}${path}`;
const adminKey = () => readFileSync(join(data, 'admin-api-key'), 'utf8').trim();
const containers = () =>
  docker('ps', '-a', '--format', '{{.Names}}')
    .split('\n')
    .filter((one) => one.includes(name));

async function signIn(page: Page): Promise<void> {
  await page.goto(url('/sign-in?by=key'));
  await page.getByLabel('Personal API key').fill(adminKey());
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }).waitFor();
}

test('ends well and tells the lineage it found, with one column traced to its origins', () => {
  expect(`${up.stdout}${up.stderr}`).toContain('Run succeeded');
  expect(up.status).toBe(0);
  expect(up.stdout).toMatch(/Lineage found: 21 tables, 13 views, \d+ columns, \d+ column edges/);
  expect(up.stdout).toMatch(/shop\.sales\.order_revenue\.revenue ← shop\.sales\.order_lines\.unit_price/);
});

test('works a second time, and is quick then', () => {
  const started = Date.now();
  const again = quickstart();
  expect(`${again.stdout}${again.stderr}`).toContain('Run succeeded');
  expect(again.status).toBe(0);
  expect(Date.now() - started).toBeLessThan(60_000);
});

describe.each(['light', 'dark'] as const)('in the browser, %s', (colorScheme) => {
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    await signIn(page);
  });
  afterAll(() => page?.context().close());

  const look = (what: string) => lookAt(page, `${what}-${colorScheme}`);

  test('the host is online with its agent', async () => {
    await page.goto(url('/settings/agents/hosts'));
    const row = page.getByRole('row', { name: new RegExp(name) });
    await row.getByText('Online').waitFor();
    await row.getByText('Lineage Plus').waitFor();
    await look('hosts');
  });

  test('a job is created, started, and followed to its end', async () => {
    await page.goto(url('/jobs/new'));
    await page.getByRole('combobox', { name: 'Host' }).click();
    await page.getByRole('option', { name: new RegExp(name) }).click();
    await page.getByRole('combobox', { name: 'Agent type' }).click();
    await page.getByRole('option', { name: 'Lineage Plus' }).click();
    await page.getByLabel('Name', { exact: false }).first().fill(`By hand, ${colorScheme}`);
    await page
      .getByLabel(/Connectors/)
      .first()
      .fill('postgres');
    await page.keyboard.press('Enter');
    await look('job-form');
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { name: new RegExp(`By hand, ${colorScheme}`) }).waitFor();
    await page.getByRole('button', { name: /Start/ }).first().click();
    await page.waitForURL(/\/runs\/run_/);
    await page.getByRole('heading', { name: /Succeeded/ }).waitFor({ timeout: 60_000 });
    await page.getByText('175 edges').first().waitFor();
    await look('run');
  });

  test('jobs and runs are listed', async () => {
    await page.goto(url('/jobs'));
    await page.getByRole('row', { name: /Lineage of the demo shop/ }).waitFor();
    await look('jobs');
    await page.goto(url('/runs'));
    await page
      .getByRole('row', { name: /Lineage of the demo shop/ })
      .first()
      .waitFor();
    await look('runs');
  });

  test('a column is found, and its graph is drawn', async () => {
    await page.goto(url('/lineage'));
    await page.getByPlaceholder(/Search tables and columns/).fill('daily_revenue.revenue');
    await page.getByRole('option', { name: /daily_revenue\.revenue/ }).click();
    await page.waitForURL(/node=\d+/);
    await page.getByText('all_orders', { exact: true }).first().waitFor();
    await page.getByText('Comes from').waitFor();
    await look('lineage');
  });

  test('nothing failed in the page on the way', () => {
    expect(problems).toEqual([]);
  });
});

// After the pages: a job for all connections would meet this one too.
test('a wrong password for the warehouse fails the run, and the run says so', async () => {
  const cli = (...args: string[]) => {
    const env = { ...process.env, BIGEYE_PERSONAL_API_KEY: adminKey(), BIGEYE_API_URL: url('') };
    return spawnSync(join(root, 'dist/bigeye-agent'), ['--home', join(data, 'host'), ...args], {
      env,
      encoding: 'utf8',
    });
  };
  const bridge = docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}');
  const warehouse = ['--host', bridge, '--port', String(port + 4), '--database', 'shop'];
  const login = ['--username', 'bigeye', '--password', 'not-demo', '--sslmode', 'disable'];
  const added = cli('add-connector', '-c', 'postgres', '--name', 'refused', ...warehouse, ...login);
  expect(added.status, added.stderr).toBe(0);
  const authorization = `apikey ${adminKey()}`;
  const api = createApiClient({ baseUrl: url(''), transport: createHttpTransport(), authorization });
  const parameters = { connectors: ['postgres'], connectionName: 'refused' };
  const body = { name: 'A wrong password', hostId: HostId.parse(name), agentType: 'LINEAGE_PLUS' as const, parameters };
  const job = await api.call('createJob', { body });
  const { id: runId } = await api.call('startRun', { params: { jobId: job.id } });
  const read = () => api.call('getRun', { params: { runId } });
  await expect.poll(async () => (await read()).status, { timeout: 60_000 }).toBe('failed');
  expect((await read()).failure).toMatchObject({ code: 'CREDENTIALS_REFUSED' });
});

test('down removes all that it made, and nothing else', () => {
  const before = docker('ps', '-a', '--format', '{{.Names}}')
    .split('\n')
    .filter((one) => !one.includes(name));
  expect(containers().length).toBeGreaterThan(2);
  const down = quickstart('down');
  expect(`${down.stdout}${down.stderr}`).toContain('Everything that the quickstart made is gone');
  expect(down.status).toBe(0);
  expect(containers()).toEqual([]);
  expect(existsSync(data)).toBe(false);
  const after = docker('ps', '-a', '--format', '{{.Names}}').split('\n');
  for (const one of before.filter((container) => !container.startsWith('bigeye-run-'))) expect(after).toContain(one);
});
