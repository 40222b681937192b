import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createApiClient, HostId, type ManagedAgent } from '@bigeye/contracts';
import { createMutualTlsTransport } from '@bigeye/service-kit';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeFaultsOf, launchBrowser, shoot, signIn } from './support/browser.ts';
import { createBrowserSession } from './support/browser-session.ts';
import { layoutFaultsOf } from './support/layout-faults.ts';
import { createCertificateRequest, root, startTestStack, type TestStack } from './support/test-stack.ts';

/** From "Register a host" to a job on it, by what the page says: a real control plane, a real browser, and a machine that is played. */

const webRoot = join(root, 'apps/web/dist');
const widths = [390, 768, 1280];
const password = 'correct horse battery';
let stack: TestStack;
let email: string;
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(join(webRoot, 'index.html'))) throw new Error('no web UI: run "node script/build.ts web" first');
  stack = await startTestStack({ WEB_ROOT: webRoot, CLI_FILE: join(root, 'package.json') });
  const session = createBrowserSession(stack.apiUrl);
  email = (await session.call('setPassword', { body: { token: stack.adminPasswordToken, password } })).email;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.[Symbol.asyncDispose]();
});

const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
const accountPublicKey = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const agent = (connections: ManagedAgent['connections']): ManagedAgent => ({
  type: 'LINEAGE_PLUS',
  image: 'bigeyedata/lineage-plus-connector:test',
  connections,
});

/** What the CLI does with the key, and the orchestrator after it. */
async function playMachine(registrationKey: string, id: string) {
  const hostId = HostId.parse(id);
  const { privateKey, certificateRequest } = createCertificateRequest();
  const body = { hostId, managedAgents: [], certificateRequest, accountPublicKey, wantsAgentApiKey: true };
  const {
    certificate = '',
    caCertificate,
    hostApiUrl,
  } = await stack.client(registrationKey).call('registerHostByKey', { body });
  const transport = createMutualTlsTransport({ privateKey, certificate, caCertificate });
  const own = createApiClient({ baseUrl: hostApiUrl, transport });
  const beat = { orchestratorVersion: '0.1.0', engineReachable: true, diskFreeBytes: 1e11 };
  let beating: ReturnType<typeof setInterval> | undefined;
  return {
    startOrchestrator: async () => {
      await own.call('heartbeat', { body: beat });
      beating = setInterval(() => void own.call('heartbeat', { body: beat }).catch(() => undefined), 3000);
    },
    install: (connections: ManagedAgent['connections']) =>
      own.call('pushManagedAgents', { body: { hostId, managedAgents: [agent(connections)] } }),
    [Symbol.dispose]: () => {
      clearInterval(beating);
      transport[Symbol.dispose]();
    },
  };
}

describe.each(['light', 'dark'] as const)('the page, %s', (colorScheme) => {
  const id = `etl-${colorScheme}`;
  let page: Page;
  const problems: string[] = [];
  let registrationKey = '';

  beforeAll(async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
    await signIn(page, stack.apiUrl, { email, password });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
  });
  afterAll(() => page?.context().close());

  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  const step = (name: string) => page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });
  const commandOf = async () =>
    (await page.getByRole('group', { name: 'Command to register' }).getByRole('code').textContent()) ?? '';

  async function look(name: string): Promise<void> {
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      await shoot(page, `${name}-${colorScheme}-${width}`, { fullPage: true });
      expect.soft(await layoutFaultsOf(page), `${name} at ${width} px`).toEqual([]);
      expect.soft(await axeFaultsOf(page)).toEqual([]);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }

  test('the hosts page leads there, and the host id is asked for first', async () => {
    await page.goto(`${stack.apiUrl}/settings/agents/hosts`);
    await page.getByRole('link', { name: 'Register a host' }).click();
    await heading('Register a host');
    await page.getByRole('button', { name: 'Make a registration key' }).click();
    await page.getByText('Give the machine a name').waitFor();
    await page.getByLabel('Host id').fill('a b');
    await page.getByText('Letters, digits and hyphens only').waitFor();
    await look('register-form');
  });

  test('an address that leads no machine here is told, never the address of the browser put in its place', async () => {
    await page.getByLabel('Host id').fill(id);
    await page.getByRole('button', { name: 'Make a registration key' }).click();
    await heading(`Waiting for ${id} …`);
    await page.getByText('PUBLIC_URL', { exact: true }).waitFor();
    await page.getByText('HOST_API_URL', { exact: true }).waitFor();
    expect(await page.getByText('./bigeye-agent register').count()).toBe(0);
    await page.getByLabel('Address of the control plane').fill('https://bigeye.example.com/');
    const command = await commandOf();
    const { caFingerprint, cli } = await stack.admin.call('getHostSetup');
    expect(command).toMatch(/^ BIGEYE_REGISTRATION_KEY=bigeye_reg_[0-9a-z]{50} \.\/bigeye-agent register /);
    expect(command).toContain(
      ` --host-id ${id} --api-url https://bigeye.example.com --ca-fingerprint ${caFingerprint}`,
    );
    registrationKey = /bigeye_reg_\w+/.exec(command)?.[0] ?? '';
    const download = `curl -fsSO https://bigeye.example.com/install/bigeye-agent && echo "${cli?.sha256}  bigeye-agent"`;
    await page.getByText(download).waitFor();
    await look('register-waiting');
  });

  test('what was shown once is not shown again, and a new key ends the one before', async () => {
    await page.reload();
    await heading(`Waiting for ${id} …`);
    await page.getByText('It was shown once').waitFor();
    expect(await page.content()).not.toContain(registrationKey);
    await look('register-again');
    await page.getByRole('button', { name: 'Make a new key' }).click();
    await page.getByLabel('Address of the control plane').fill('https://bigeye.example.com/');
    const newer = /bigeye_reg_\w+/.exec(await commandOf())?.[0] ?? '';
    expect(newer).not.toBe(registrationKey);
    await expect(stack.client(registrationKey).call('getRegistration')).rejects.toThrow();
    registrationKey = newer;
  });

  test('each step is ticked as the machine reports it, up to a job on it', async () => {
    using machine = await playMachine(registrationKey, id);
    await heading(`${id} is registered. Waiting for its first word …`);
    await step('Register').getByText('from 127.0.0.1').waitFor();
    await machine.startOrchestrator();
    await heading(`${id} is online. It needs an agent.`);
    await look('register-online');
    await machine.install([]);
    await heading(`${id} is online. It needs a connection.`);
    await machine.install([{ connector: 'postgres', name: 'shop' }]);
    await heading(`${id} is ready to run jobs.`);
    expect(await page.getByRole('listitem').filter({ hasText: 'done' }).count()).toBeGreaterThan(4);
    await look('register-ready');
    await page.getByRole('link', { name: `Create a job on ${id}` }).click();
    await page.getByRole('heading', { level: 1, name: 'Create a job' }).waitFor();
    expect(await page.getByRole('combobox', { name: 'Host' }).inputValue()).toBe(id);
    expect(await page.getByRole('combobox', { name: 'Agent type' }).inputValue()).toBe('Lineage Plus');
  });

  test('the next host is told what to copy from this one, and other open keys are shown and revoked', async () => {
    await stack.admin.call('createRegistrationKey', { body: { hostId: HostId.parse(`left-${colorScheme}`) } });
    await page.goto(`${stack.apiUrl}/settings/agents/hosts/register`);
    await page.getByLabel('Host id').fill(`next-${colorScheme}`);
    await page.getByRole('button', { name: 'Make a registration key' }).click();
    await heading(`Waiting for next-${colorScheme} …`);
    await page.getByText(/Copy the folder agent_config\/ from etl-\w+ beside bigeye_agent.yml/).waitFor();
    await page.getByRole('button', { name: `Revoke the key for left-${colorScheme}` }).waitFor();
    await look('register-second');
    await page.getByRole('button', { name: `Revoke the key for left-${colorScheme}` }).click();
    await page.getByRole('button', { name: `Revoke the key for left-${colorScheme}` }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: `Revoke the key for next-${colorScheme}` }).click();
    await heading(`The key for next-${colorScheme} was revoked, or replaced by a newer one.`);
  });

  test('a host is replaced only by who says so', async () => {
    await page.getByLabel('Host id').fill(id);
    await page.getByText(`${id} is registered already`).waitFor();
    await page.getByRole('button', { name: 'Make a registration key' }).click();
    await page.getByText('Say so, or choose another id').waitFor();
    await look('register-replace');
    await page.getByLabel(`Put another machine in the place of ${id}`).check();
    await page.getByRole('button', { name: 'Make a registration key' }).click();
    await heading(`Waiting for ${id} …`);
    const { items } = await stack.admin.call('listRegistrationKeys', { query: { hostId: HostId.parse(id) } });
    expect(items).toMatchObject([{ replaces: true, state: 'open' }]);
    await page.getByRole('button', { name: `Revoke the key for ${id}` }).click();
  });

  test('who is no admin is told whom to ask', async () => {
    const user = await stack.admin.call('createUser', {
      body: { email: `member-${colorScheme}@example.com`, name: 'M', role: 'member' },
    });
    const token = user.passwordLink.url.split('#')[1] ?? '';
    await createBrowserSession(stack.apiUrl).call('setPassword', { body: { token, password } });
    const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 900 } });
    const theirs = await context.newPage();
    await signIn(theirs, stack.apiUrl, { email: user.email, password });
    await theirs.goto(`${stack.apiUrl}/settings/agents/hosts/register`);
    await theirs.getByRole('heading', { name: 'Only admins register hosts' }).waitFor();
    await theirs.getByText('Ask an admin to do it').waitFor();
    await shoot(theirs, `register-member-${colorScheme}`);
    await theirs.goto(`${stack.apiUrl}/settings/agents/hosts`);
    await theirs.getByRole('table', { name: 'Hosts' }).waitFor();
    expect(await theirs.getByRole('link', { name: 'Register a host' }).count()).toBe(0);
    await context.close();
  });

  test('nothing failed in the page on the way', () => {
    expect(problems).toEqual([]);
  });
});
