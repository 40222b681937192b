import { get, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, signIn } from './support/browser.ts';
import { type PopulatedStack, startPopulatedStack } from './support/populated-stack.ts';

/** How the pages treat those who use them: a real control plane and a real browser. */

let populated: PopulatedStack;
let browser: Browser;
let page: Page;
beforeAll(async () => {
  populated = await startPopulatedStack();
  browser = await launchBrowser();
  page = await signedIn(populated.signIn.email, populated.signIn.password);
});
afterAll(async () => {
  await browser?.close();
  await populated?.[Symbol.asyncDispose]();
});

const url = (path: string) => `${populated.stack.apiUrl}${path}`;

async function signedIn(email: string, password: string): Promise<Page> {
  const opened = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await signIn(opened, populated.stack.apiUrl, { email, password });
  return opened;
}

test('a viewer is offered nothing that would be refused', async () => {
  const { admin, apiUrl } = populated.stack;
  const user = await admin.call('createUser', { body: { email: 'vera@example.com', name: 'Vera', role: 'viewer' } });
  const { url: link } = await admin.call('createPasswordLink', { params: { userId: user.id } });
  const body = JSON.stringify({ token: link.split('#')[1], password: 'correct horse battery' });
  await fetch(`${apiUrl}/api/v1/password`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const viewer = await signedIn('vera@example.com', 'correct horse battery');
  const asViewer: string[] = [];
  for (const name of ['runs', 'run-failed', 'run-running', 'jobs', 'job', 'hosts', 'host']) {
    await viewer.goto(url(populated.pages[name] ?? ''));
    await viewer.getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => viewer.locator('[aria-busy=true]').count()).toBe(0);
    asViewer.push(...(await viewer.getByRole('main').locator('button, a[class*=Button]').allTextContents()));
  }
  const refused = /^(Start|Start again|Create job|Edit|Delete|Cancel run|Register a host|Revoke|Drain|Resume)$/;
  expect(asViewer.filter((words) => refused.test(words.trim()))).toEqual([]);
  await viewer.goto(url('/jobs/new'));
  await viewer.getByText('This needs the role member').waitFor();
  expect(await viewer.getByRole('button', { name: 'Create job' }).count()).toBe(0);
  await viewer.context().close();
});

test('a host is drained with a note, the list and its page say how far that is, and it is resumed', async () => {
  await page.goto(url('/settings/agents/hosts'));
  await page.getByRole('link', { name: 'etl-01', exact: true }).click();
  await page.getByRole('button', { name: 'Drain' }).click();
  await page.getByRole('button', { name: 'Drain host' }).click();
  await page.getByText('Say what is being done on the machine').waitFor();
  await page.getByLabel('Note').fill('kernel update, back at 18:00');
  await page.getByRole('button', { name: 'Drain host' }).click();
  const heading = page.getByRole('heading', { level: 1 });
  await heading.getByText('etl-01 · online, draining, 1 run goes on').waitFor();
  await page.getByText('kernel update, back at 18:00').waitFor();
  await page.goto(url('/settings/agents/hosts'));
  await heading.getByText('Drained: etl-01.').waitFor();
  await page.getByText('draining, 1 run goes on').waitFor();
  await page.goto(url('/hosts/etl-01'));
  expect(await page.getByRole('navigation', { name: 'Main' }).locator('[aria-current=page]').textContent()).toBe(
    'Hosts',
  );
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('button', { name: 'Resume host' }).click();
  await page.getByRole('button', { name: 'Drain', exact: true }).waitFor();
  await expect.poll(() => heading.textContent()).toBe('etl-01 · online');
});

test('a cancel asks first, and leaves the run alone unless it is meant', async () => {
  await page.goto(url(`/runs/${populated.runningRun}`));
  await page.getByRole('button', { name: 'Cancel run' }).click();
  await page.getByRole('button', { name: 'Let it go on' }).click();
  await page.getByRole('button', { name: 'Cancel run' }).waitFor();
  expect((await populated.stack.admin.call('getRun', { params: { runId: populated.runningRun } })).status).toBe(
    'running',
  );
});

test('what was typed for a job survives a reload and the way back, until it is given up', async () => {
  await page.goto(url('/jobs/new'));
  await page.getByLabel('Name', { exact: false }).first().fill('half typed');
  await page.reload();
  await page.getByText('What you typed before is back.').waitFor();
  expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('half typed');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }).click();
  await page.goBack();
  expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('half typed');
  await page.getByRole('button', { name: 'Start over' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Create job' }).waitFor();
  expect(await page.getByLabel('Name', { exact: false }).first().inputValue()).toBe('');
});

test('who changes a job that another has changed meanwhile sees both, loses nothing, and decides', async () => {
  const { admin } = populated.stack;
  const like = await admin.call('getJob', { params: { jobId: populated.jobId } });
  const { id: jobId } = await populated.stack.createJob({ hostId: like.hostId });
  const job = await admin.call('getJob', { params: { jobId } });
  const theirs = (memoryMib: number) => ({
    name: `by another ${memoryMib}`,
    hostId: job.hostId,
    agentType: job.agentType,
    parameters: job.parameters,
    settings: { ...job.settings, limits: { ...job.settings.limits, memoryMib } },
  });
  const now = () => admin.call('getJob', { params: { jobId } });
  const nameField = page.getByLabel('Name', { exact: false }).first();
  const notice = page.getByRole('alert').filter({ hasText: 'changed this job' });
  await page.goto(url(`/jobs/${jobId}/edit`));
  await nameField.fill('by me');
  await admin.call('updateJob', { params: { jobId }, body: theirs(640) });
  await page.getByRole('button', { name: 'Save' }).click();
  await notice.getByText('by another 640').waitFor();
  expect(await notice.textContent()).toContain('you typed: by me');
  expect(await notice.textContent()).toContain('Memory: 640');
  expect(await nameField.inputValue()).toBe('by me');
  expect((await now()).name).toBe('by another 640');

  await page.reload();
  await notice.waitFor();
  expect(await nameField.inputValue()).toBe('by me');
  await notice.getByRole('button', { name: 'Take these over' }).click();
  await notice.waitFor({ state: 'detached' });
  expect(await nameField.inputValue()).toBe('by another 640');
  expect(await page.getByLabel('Memory').inputValue()).toBe('640 MiB');

  await nameField.fill('by me again');
  await admin.call('updateJob', { params: { jobId }, body: theirs(768) });
  // It is seen without an attempt to save too.
  await notice.getByRole('button', { name: 'Overwrite with mine' }).click();
  await page.getByRole('heading', { name: /by me again/, level: 1 }).waitFor();
  expect(await now()).toMatchObject({ name: 'by me again', settings: { limits: { memoryMib: 640 } } });
});

test('after Back the focus is at the link by which the page was left', async () => {
  await page.goto(url('/jobs'));
  const link = page.getByRole('link', { name: 'never ran' });
  await link.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /never ran/, level: 1 }).waitFor();
  await expect.poll(() => page.locator(':focus').getAttribute('id')).toBe('content');
  await page.goBack();
  await expect.poll(() => page.locator(':focus').textContent()).toBe('never ran');
});

test('a filter that is not one has a way out', async () => {
  await page.goto(url('/settings/audit?who=%22%5Cu0000%22'));
  await page.getByRole('link', { name: 'Open without the filter' }).click();
  await page.getByRole('table', { name: 'Audit log' }).waitFor();
  expect(new URL(page.url()).search).toBe('');
});

test('an address without a page keeps the ways out at hand', async () => {
  await page.goto(url('/no/such/page'));
  await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Jobs' }).click();
  await page.getByRole('link', { name: 'never ran' }).waitFor();
});

test('a fault inside the control plane is told with its request id', async () => {
  const fault = { code: 500, message: '', errorCode: 'INTERNAL', remedy: '', details: {}, requestId: 'f00dfeed-1-2-3' };
  await page.route('**/api/v1/users', (route) => route.fulfill({ status: 500, json: fault }));
  await page.goto(url('/settings/users'));
  await page.getByRole('button', { name: 'f00dfeed' }).waitFor();
  await page.unroute('**/api/v1/users');
});

test('scripts are compressed on the wire, and the first ones are under 250 kB by either way', async () => {
  const html = await (await fetch(url('/'))).text();
  const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path ?? '');
  expect(scripts.length).toBeGreaterThan(1);
  for (const [encoding, open] of [
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const) {
    let bytes = 0;
    for (const path of scripts) {
      const { headers, body } = await readAs(url(path), encoding);
      expect(headers['content-encoding']).toBe(encoding);
      expect(headers.vary).toMatch(/accept-encoding/i);
      expect(open(body).length).toBeGreaterThan(body.length);
      bytes += body.length;
    }
    expect(bytes).toBeLessThan(250_000);
  }
});

/** As it comes over the wire: `fetch` would open it. */
function readAs(address: string, encoding: string): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    get(address, { headers: { 'accept-encoding': encoding } }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('end', () => resolve({ headers: reply.headers, body: Buffer.concat(parts) }));
    }).on('error', reject);
  });
}
