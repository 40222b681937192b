import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiClient, HostId, type ManagedAgent } from '@bigeye/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFaultsOf, launchBrowser, shoot, signIn } from './support/browser.ts';
import { createBrowserSession } from './support/browser-session.ts';
import { layoutFaultsOf } from './support/layout-faults.ts';
import { root, startTestStack, type TestStack } from './support/test-stack.ts';

/** An account of 2,000 hosts and hundreds of jobs, users and keys in the browser: what is listed, found and chosen. */

const hosts = 2000;
const others = 120;
const agents: ManagedAgent[] = [
  { type: 'LINEAGE_PLUS', image: 'lineage', connections: [{ connector: 'postgres', name: 'shop' }] },
];
const password = 'correct horse battery';
const idOf = (n: number) => HostId.parse(`etl-${String(n).padStart(4, '0')}`);

let stack: TestStack;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  const webRoot = join(root, 'apps/web/dist');
  if (!existsSync(join(webRoot, 'index.html'))) throw new Error('no web UI: run "node script/build.ts web" first');
  stack = await startTestStack({ WEB_ROOT: webRoot });
  await fill(stack.admin);
  browser = await launchBrowser();
  page = await signedIn('light');
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await stack?.[Symbol.asyncDispose]();
});

async function fill(admin: ApiClient): Promise<void> {
  const each = async (count: number, add: (n: number) => Promise<unknown>) => {
    for (let begin = 0; begin < count; begin += 40)
      await Promise.all(Array.from({ length: Math.min(40, count - begin) }, (_, n) => add(begin + n)));
  };
  await each(hosts, (n) =>
    admin.call('registerHost', { body: { hostId: idOf(n), managedAgents: n % 7 === 6 ? [] : agents } }),
  );
  await admin.call('revokeHost', { params: { hostId: idOf(13) } });
  const parameters = { connectors: ['postgres'], connectionName: 'shop' };
  await each(others, (n) =>
    admin.call('createJob', { body: { name: `load ${n}`, hostId: idOf(0), agentType: 'LINEAGE_PLUS', parameters } }),
  );
  await each(others, (n) =>
    admin.call('createUser', { body: { email: `user${n}@example.com`, name: `User ${n}`, role: 'viewer' } }),
  );
  await each(others, (n) => admin.call('createAgentApiKey', { body: { name: `agent key ${n}` } }));
}

let token: string | undefined;
async function signedIn(colorScheme: 'light' | 'dark'): Promise<Page> {
  const { user } = await stack.admin.call('getSession');
  if (token === undefined) {
    token = stack.adminPasswordToken;
    await createBrowserSession(stack.apiUrl).call('setPassword', { body: { token, password } });
  }
  const opened = await (await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } })).newPage();
  await signIn(opened, stack.apiUrl, { email: user.email, password });
  return opened;
}

const open = async (path: string) => {
  await page.goto(`${stack.apiUrl}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
};
const rowsOf = (table: string) => page.getByRole('table', { name: table }).locator('tbody tr');
const search = () => new URL(page.url()).search;

describe('hosts', () => {
  test('the page answers for all hosts and shows a page of them, and more when asked', async () => {
    await open('/settings/agents/hosts');
    await page.getByText('No host can run.').waitFor();
    await expect.poll(() => rowsOf('Hosts').count()).toBe(50);
    await page.getByRole('button', { name: 'More hosts' }).click();
    await expect.poll(() => rowsOf('Hosts').count()).toBe(100);
    expect(await page.getByRole('navigation', { name: 'State' }).textContent()).toMatch(/Never heard of\s*1,999/);
  });

  test('one is found by a part of its id, and the address keeps what was looked for', async () => {
    await open('/settings/agents/hosts');
    await page.getByLabel('Host id').fill('L-1777');
    await expect.poll(() => rowsOf('Hosts').allInnerTexts()).toEqual([expect.stringContaining('etl-1777')]);
    expect(search()).toContain('L-1777');
    await page.reload();
    await expect.poll(() => rowsOf('Hosts').count()).toBe(1);
    expect(await page.getByLabel('Host id').inputValue()).toBe('L-1777');
  });

  test('the states filter, and nothing found has a way out', async () => {
    await open('/settings/agents/hosts');
    await page.getByRole('link', { name: /^Revoked/ }).click();
    await expect.poll(() => rowsOf('Hosts').allInnerTexts()).toEqual([expect.stringContaining('etl-0013')]);
    await page.getByLabel('Host id').fill('nothing');
    await page.getByRole('link', { name: 'Show all hosts' }).click();
    await expect.poll(() => rowsOf('Hosts').count()).toBe(50);
  });

  test('a revoked host is so in the list, whichever page of it it was on', async () => {
    await open('/settings/agents/hosts?search=etl-04');
    await page.getByRole('button', { name: 'More hosts' }).click();
    await page.getByRole('button', { name: 'Revoke etl-0499' }).click();
    await page.getByRole('button', { name: 'Revoke host' }).click();
    await expect.poll(() => rowsOf('Hosts').last().textContent()).toMatch(/etl-0499\s*Revoked/);
  });
});

describe('choosing a host', () => {
  test('the form of a job finds any host by typing, and says that there are more', async () => {
    await open('/jobs/new');
    const field = page.getByRole('combobox', { name: 'Host' });
    await field.click();
    await page.getByRole('option', { name: 'there are more' }).waitFor();
    expect(await page.getByRole('option', { name: /^etl-/ }).count()).toBe(50);
    await field.fill('1778');
    await expect.poll(() => page.getByRole('option').allInnerTexts()).toEqual([expect.stringContaining('etl-1778')]);
    await page.getByRole('option', { name: 'etl-1778' }).click();
    // The one agent of that host is what runs, and its connections are suggested.
    await expect.poll(() => page.getByRole('combobox', { name: 'Agent type' }).inputValue()).toBe('Lineage Plus');
    await page.getByLabel('Name', { exact: false }).first().fill('on a far host');
    await page.getByRole('combobox', { name: /onnectors/ }).click();
    await page.getByRole('option', { name: 'postgres' }).click();
    await page.getByRole('button', { name: 'Create job' }).click();
    await page.getByRole('heading', { name: /on a far host/, level: 1 }).waitFor();
    await page.getByRole('link', { name: 'etl-1778' }).waitFor();
    await page.getByRole('link', { name: 'Edit' }).click();
    await expect.poll(() => page.getByRole('combobox', { name: 'Host' }).inputValue()).toBe('etl-1778');
  });

  test('a host without an agent is found, and cannot be chosen', async () => {
    await open('/jobs/new');
    await page.getByRole('combobox', { name: 'Host' }).fill('etl-0006');
    const option = page.getByRole('option', { name: 'etl-0006' });
    await option.getByText('no agent installed').waitFor();
    expect(await option.getAttribute('data-combobox-disabled')).toBe('true');
  });

  test('the runs are filtered by any host and any job', async () => {
    await open('/runs?status=failed');
    await page.getByRole('combobox', { name: 'Host' }).fill('1500');
    await page.getByRole('option', { name: 'etl-1500' }).click();
    await expect.poll(search).toContain('host=etl-1500');
    await page.getByRole('combobox', { name: 'Job' }).fill('load 7');
    await page.getByRole('option', { name: 'load 77' }).click();
    await expect.poll(search).toContain('job=job_');
    await page.reload();
    await expect.poll(() => page.getByRole('combobox', { name: 'Job' }).inputValue()).toBe('load 77');
    expect(await page.getByRole('combobox', { name: 'Host' }).inputValue()).toBe('etl-1500');
  });

  test('who registers one is told that its id is taken', async () => {
    await open('/settings/agents/hosts/register');
    await page.getByLabel('Host id').fill('etl-1999');
    await page.getByLabel('Put another machine in the place of etl-1999').waitFor();
    await page.getByLabel('Host id').fill('etl-2000');
    await page.getByLabel('Put another machine in the place').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Make a registration key' }).click();
    await page.getByRole('heading', { name: 'Waiting for etl-2000' }).waitFor();
    // One of the others has the account's keys, and is named.
    await page.getByText(/from etl-\d{4} beside/).waitFor();
  });
});

test.each([
  { path: '/jobs', table: 'Jobs', more: 'Older jobs', field: 'Name', part: 'LOAD 11', found: 11 },
  { path: '/settings/users', table: 'Users', more: 'More users', field: 'Who', part: 'user11', found: 11 },
])(
  '$path shows a page, then more, and finds by a part of the name',
  async ({ path, table, more, field, part, found }) => {
    await open(path);
    await expect.poll(() => rowsOf(table).count()).toBe(50);
    await page.getByRole('button', { name: more }).click();
    await expect.poll(() => rowsOf(table).count()).toBe(100);
    await page.getByLabel(field).fill(part);
    await expect.poll(() => rowsOf(table).count()).toBe(found);
    expect(await page.getByRole('button', { name: more }).count()).toBe(0);
  },
);

test('agent keys are counted all, and listed in pages', async () => {
  await open('/settings/api-keys');
  await page.getByText(`${others} agent keys`).waitFor();
  await expect.poll(() => rowsOf('Agent API keys').count()).toBe(50);
  for (const count of [100, others]) {
    await page.getByRole('button', { name: 'Older keys' }).click();
    await expect.poll(() => rowsOf('Agent API keys').count()).toBe(count);
  }
  expect(await page.getByRole('button', { name: 'Older keys' }).count()).toBe(0);
});

test.each(['light', 'dark'] as const)('long lists are whole at every width, %s', async (colorScheme) => {
  const other = await signedIn(colorScheme);
  for (const [name, path] of Object.entries({
    hosts: '/settings/agents/hosts',
    'hosts-found': '/settings/agents/hosts?state=registered&search=etl-17',
    'hosts-none': '/settings/agents/hosts?state=online',
    jobs: '/jobs?search=load',
    users: '/settings/users?search=user',
  })) {
    await other.goto(`${stack.apiUrl}${path}`);
    await other.getByRole('heading', { level: 1 }).waitFor();
    for (const width of [390, 768, 1024, 1280, 1440]) {
      await other.setViewportSize({ width, height: 900 });
      await expect.poll(() => other.locator('[aria-busy=true]').count()).toBe(0);
      await shoot(other, `long-${name}-${colorScheme}-${width}`);
      expect.soft(await layoutFaultsOf(other), `${name} at ${width} px`).toEqual([]);
      if (width === 390 || width === 1440) expect.soft(await axeFaultsOf(other), `${name} at ${width} px`).toEqual([]);
    }
  }
  await other.goto(`${stack.apiUrl}/jobs/new`);
  await other.getByRole('combobox', { name: 'Host' }).click();
  await other.getByRole('option', { name: 'there are more' }).waitFor();
  await shoot(other, `long-choose-${colorScheme}`);
  await other.context().close();
});
