import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEntry, apiRoutes, auditTextOf, type Route } from '@bigeye/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBrowserSession } from './support/browser-session.ts';
import { root, startTestStack, type TestStack } from './support/test-stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const entries = async (query: { action?: string; actor?: string; refused?: string } = {}) =>
  (await stack.admin.call('listAuditEntries', { query: { limit: 200, ...query } as object })).items;
const newest = async (action: string): Promise<AuditEntry | undefined> => (await entries({ action }))[0];
const password = 'correct horse battery';

test('says who did what, from where, with what result, and no secret', async () => {
  const email = 'ann@example.com';
  const { id, passwordLink } = await stack.admin.call('createUser', { body: { email, name: 'Ann', role: 'viewer' } });
  const admin = await stack.admin.call('getSession');
  expect(await newest('createUser')).toMatchObject({
    actorKind: 'user',
    actorId: admin.user.id,
    actorName: admin.user.email,
    credential: expect.stringMatching(/^key_/),
    address: '127.0.0.1',
    status: 200,
    errorCode: null,
    details: { email, name: 'Ann', role: 'viewer', id },
  });
  const token = passwordLink.url.split('#')[1] ?? '';
  const browser = createBrowserSession(stack.apiUrl);
  await browser.call('setPassword', { body: { token, password } });
  expect(await newest('setPassword')).toMatchObject({
    actorKind: 'anonymous',
    actorName: email,
    details: { userId: id },
  });
  await browser.call('signIn', { body: { email, password } });
  expect(await newest('signIn')).toMatchObject({
    actorId: id,
    credential: expect.stringMatching(/^ses_/),
    details: { by: 'password' },
  });
  const { apiKey, info } = await browser.call('createPersonalApiKey', { body: { name: 'my key' } });
  expect(await newest('createPersonalApiKey')).toMatchObject({ details: { name: 'my key', id: info.id } });
  await browser.call('changePassword', { body: { currentPassword: password, newPassword: 'another good password' } });
  await browser.call('signOut');
  expect(await newest('signOut')).toMatchObject({ actorId: id });

  const all = JSON.stringify(await entries());
  const cookie = browser.cookie().split('=')[1] ?? 'none';
  for (const secret of [stack.adminKey, token, password, 'another good password', apiKey])
    expect(all).not.toContain(secret);
  expect(cookie).toBe('');
});

test('keeps failed sign-ins and refused calls, reads too', async () => {
  const browser = createBrowserSession(stack.apiUrl);
  const body = { email: 'mallory@example.com', password: 'secret guess' };
  await browser.call('signIn', { body }).catch(() => undefined);
  expect(await newest('signIn')).toMatchObject({
    actorKind: 'anonymous',
    actorName: 'mallory@example.com',
    status: 401,
    errorCode: 'SIGN_IN_REFUSED',
  });
  const { client } = await stack.createUser('viewer');
  await client.call('listUsers').catch(() => undefined);
  expect((await entries({ refused: 'true' }))[0]).toMatchObject({
    action: 'listUsers',
    status: 403,
    errorCode: 'FORBIDDEN',
  });
});

test('is not filled by whoever has no key', async () => {
  const before = (await entries()).length;
  const nobody = createBrowserSession(stack.apiUrl);
  await nobody.call('signOut');
  await nobody.call('listHosts').catch(() => undefined);
  await nobody.call('createJob', { body: {} as never }).catch(() => undefined);
  await stack
    .client('bigeye_pak_wrong')
    .call('listHosts')
    .catch(() => undefined);
  await nobody.call('signIn', { body: {} as never }).catch(() => undefined);
  expect((await entries()).length).toBe(before);
});

test('reading is not an entry, and what a host reports of its work is none; what a host changes is', async () => {
  const host = await stack.registerHost('audit-a');
  const before = (await entries()).length;
  await stack.admin.call('listHosts');
  const health = { orchestratorVersion: '0.1.0', engineReachable: true, diskFreeBytes: 1 };
  await host.api.call('heartbeat', { body: health as never });
  expect((await entries()).length).toBe(before);
  await host.api.call('pushManagedAgents', { body: { hostId: host.id, managedAgents: [] } });
  expect(await newest('pushManagedAgents')).toMatchObject({ actorKind: 'host', actorId: 'audit-a', status: 200 });
});

test('a change that is refused for another reason is there with its code', async () => {
  const { user } = await stack.admin.call('getSession');
  await stack.admin.call('deleteUser', { params: { userId: user.id } }).catch(() => undefined);
  expect(await newest('deleteUser')).toMatchObject({
    status: 409,
    errorCode: 'LAST_ADMIN',
    details: { userId: user.id },
  });
});

test('what nobody can write down harmlessly is written down harmlessly', async () => {
  const name = `a\u0000b\ud800${'x'.repeat(100)}`;
  await stack.admin.call('createAgentApiKey', { body: { name } }).catch(() => undefined);
  expect((await newest('createAgentApiKey'))?.details.name).toMatch(/^a\ufffdb\ufffdx+$/);
  await stack.admin.call('createAgentApiKey', { body: { name: 'and on it goes' } });
});

test('every route that changes something is audited without a word, and names no secret', () => {
  for (const [name, route] of Object.entries(apiRoutes) as [string, Route][]) {
    if (route.method !== 'GET') expect([name, route.audit]).not.toEqual([name, false]);
    for (const field of route.audit || []) expect(field).not.toMatch(/password|token|apiKey|secret/i);
  }
});

test('the chain holds, and is recomputed from the export by anybody', async () => {
  const verification = await stack.admin.call('verifyAuditLog');
  const lines = (await stack.admin.call('exportAuditLog')).trim().split('\n');
  const exported = lines.map((line) => JSON.parse(line) as AuditEntry);
  expect(verification).toEqual({
    entries: exported.length,
    lastHash: exported.at(-1)?.hash,
    brokenAt: null,
    removed: null,
  });
  let previous = '0'.repeat(64);
  for (const { hash, ...entry } of exported) {
    expect(entry.previousHash).toBe(previous);
    expect(createHash('sha256').update(auditTextOf(entry)).digest('hex')).toBe(hash);
    previous = hash;
  }
});

test('of many changes at once each has its entry, in one chain', async () => {
  const names = Array.from({ length: 25 }, (_, n) => `at once ${n}`);
  await Promise.all(names.map((name) => stack.admin.call('createAgentApiKey', { body: { name } })));
  const recorded = (await entries({ action: 'createAgentApiKey' })).map(({ details }) => details.name);
  for (const name of names) expect(recorded).toContain(name);
  expect(await stack.admin.call('verifyAuditLog')).toMatchObject({ brokenAt: null });
});

describe('bigeye-agent audit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-cli-'));
  const exported = join(folder, 'audit.ndjson');
  afterAll(() => rmSync(folder, { recursive: true }));

  const cli = (key: string, ...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const command = [join(root, 'apps/cli/src/main.ts'), '--home', folder, 'audit', ...args];
      const env = { ...process.env, BIGEYE_API_URL: stack.apiUrl, BIGEYE_PERSONAL_API_KEY: key };
      execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });

  test('lists what was done, newest first, as text and as JSON', async () => {
    await stack.admin.call('createAgentApiKey', { body: { name: 'by hand' } });
    const { stdout } = await cli(
      stack.adminKey,
      'list',
      '--action',
      'createAgentApiKey',
      '--since',
      '1h',
      '--limit',
      '1',
    );
    expect(stdout).toMatch(/^ *\d+ {2}\S+Z {2}admin@\S+ {2}127\.0\.0\.1 {2}createAgentApiKey {2}200 .*name=by hand/);
    expect(stdout.trim().split('\n').slice(1)).toEqual(['There are more: at most 1 were asked for (--limit).']);
    const json = await cli(stack.adminKey, 'list', '--limit', '250', '--json');
    const sequences = (JSON.parse(json.stdout) as { entries: AuditEntry[] }).entries.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => b - a));
    expect(sequences.at(-1)).toBe(1);
  });

  test('exports, and verifies the export with nobody asked', async () => {
    expect(await cli(stack.adminKey, 'export', '--output', exported)).toMatchObject({ code: 0 });
    const verified = await cli('', 'verify', '--file', exported, '--json');
    const result = JSON.parse(verified.stdout) as { lastHash: string };
    expect(result).toMatchObject({ entries: expect.any(Number), brokenAt: null });
    await stack.admin.call('createAgentApiKey', { body: { name: 'later' } });
    expect(await cli(stack.adminKey, 'verify', '--last-hash', result.lastHash)).toMatchObject({ code: 0 });
    const lost = await cli(stack.adminKey, 'verify', '--last-hash', 'f'.repeat(64));
    expect(lost).toMatchObject({ code: 3, stderr: expect.stringContaining('error AUDIT_HASH_MISSING') });
  });

  test('says where a changed export breaks', async () => {
    const lines = readFileSync(exported, 'utf8').split('\n');
    lines[2] = lines[2]?.replace(/"address":"[^"]+"/, '"address":"192.0.2.66"') ?? '';
    writeFileSync(exported, lines.join('\n'));
    expect(await cli('', 'verify', '--file', exported)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/error AUDIT_CHAIN_BROKEN: .*entry 3 /),
    });
  });

  test("needs an admin's key", async () => {
    const { key } = await stack.createUser('member');
    const refused = await cli(key, 'list');
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('error FORBIDDEN') });
  });
});
