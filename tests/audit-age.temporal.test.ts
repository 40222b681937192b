import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { startTestPostgres } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuditStore } from '../apps/control-plane/src/audit/audit-store.ts';
import { openDatabase } from '../apps/control-plane/src/db/database.ts';
import { root, startTestStack, type TestStack } from './support/test-stack.ts';

/** An audit log of which the beginning was removed by its age. */
let stack: TestStack;
let before: { entries: number; lastHash: string };
const resources = new AsyncDisposableStack();
beforeAll(async () => {
  const { url } = resources.use(await startTestPostgres());
  stack = resources.use(await startTestStack({ DATABASE_URL: url }));
  for (const name of ['first', 'second']) await stack.admin.call('createAgentApiKey', { body: { name } });
  before = await stack.admin.call('verifyAuditLog');
  const { db } = resources.use(await openDatabase({ url, log: createLogger('test', 'error') }));
  await createAuditStore(db).shorten(new Date(), before.entries);
  await stack.admin.call('createAgentApiKey', { body: { name: 'afterwards' } });
});
afterAll(() => resources.disposeAsync());

const cli = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const command = [join(root, 'apps/cli/src/main.ts'), '--home', stack.dataDir, 'audit', ...args];
    const env = { ...process.env, BIGEYE_API_URL: stack.apiUrl, BIGEYE_PERSONAL_API_KEY: stack.adminKey };
    execFile(process.execPath, command, { env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

test('the API says what was removed, and that the rest holds', async () => {
  const removed = { entries: before.entries, lastHash: before.lastHash, at: expect.any(String) };
  expect(await stack.admin.call('verifyAuditLog')).toMatchObject({ entries: 2, brokenAt: null, removed });
  const { items } = await stack.admin.call('listAuditEntries', { query: { action: 'shortenAuditLog' } });
  expect(items).toMatchObject([{ actorKind: 'control plane', details: { hash: before.lastHash } }]);
  expect(await stack.admin.call('getStorage')).toMatchObject({ audit: { count: 2, keptDays: null } });
});

test('the CLI verifies the log and an export of it, and knows the hash of the last that went', async () => {
  const exported = join(stack.dataDir, 'audit.ndjson');
  expect(await cli('export', '--output', exported)).toMatchObject({ code: 0 });
  for (const args of [['verify'], ['verify', '--file', exported], ['verify', '--last-hash', before.lastHash]])
    expect(await cli(...args)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Entries 1 to ${before.entries} were removed by their age`),
    });
  const missing = await cli('verify', '--last-hash', 'f'.repeat(64));
  expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('which were removed by their age') });
});
