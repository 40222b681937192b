import { readFileSync } from 'node:fs';
import type { RunId } from '@bigeye/contracts';
import { accountKeyFingerprints, adoptNextAccountKey, hostFilesOf, prepareNextAccountKey } from '@bigeye/host-kit';
import { certificateFingerprint } from '@bigeye/service-kit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Programs, type RunningHost, startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** Certificates here live half a minute, so each orchestrator renews its own every ten seconds. */
const lifetimeSeconds = 30;

const programs: Programs = {
  // Goes on until it is told to stop, as an agent in the middle of its work does.
  long: (container) => {
    container.print('working');
    container.onTerminate = () => container.exit(143);
  },
  quick: (container) => container.exit(0),
};

let stack: TestStack;
let host: TestHost;
let running: RunningHost;

beforeAll(async () => {
  stack = await startTestStack({ HOST_CERTIFICATE_DAYS: String(lifetimeSeconds / 86_400) });
  host = await stack.registerHost('etl-01');
  running = await startTestHost(stack, host, programs);
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

async function start(connectionName: string, hostId = host.id): Promise<RunId> {
  const job = await stack.createJob({
    ...{ hostId, parameters: { connectors: ['postgres'], connectionName }, settings: { cancelGraceSeconds: 1 } },
  });
  return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
}
const statusOf = async (runId: RunId) => (await stack.admin.call('getRun', { params: { runId } })).status;
const isRunning = (runId: RunId) => expect.poll(() => statusOf(runId), { timeout: 15_000 }).toBe('running');
const currentOf = async (id = host.id) =>
  (await stack.admin.call('getHost', { params: { hostId: id } })).certificateFingerprint;
const onDisk = () => certificateFingerprint(readFileSync(hostFilesOf(running.home, host.id).certificate, 'utf8'));

test('a certificate renews itself again and again, and twenty running jobs notice nothing', async () => {
  const runs = await Promise.all(Array.from({ length: 20 }, () => start('long')));
  await Promise.all(runs.map(isRunning));
  const containers = running.containers.size;

  const seen = new Set<string | null>();
  // Longer than a certificate lives: without its renewals the host would be out by the end.
  for (const until = Date.now() + (lifetimeSeconds + 8) * 1000; Date.now() < until; ) {
    seen.add(await currentOf());
    for (const runId of runs) expect(await statusOf(runId)).toBe('running');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect(seen.size).toBeGreaterThanOrEqual(3);
  expect(await currentOf()).toBe(onDisk());
  // New work is taken up by the newest certificate's connection.
  expect((await stack.finished(await start('quick'))).status).toBe('succeeded');

  for (const runId of runs) await stack.admin.call('cancelRun', { params: { runId } });
  for (const runId of runs) expect((await stack.finished(runId)).status).toBe('canceled');
  expect(running.containers.size).toBeLessThanOrEqual(containers + 1);
}, 180_000);

test('a revoked host is out at once: its runs end, its polls are cut off, nothing it sends is believed', async () => {
  const other = await stack.registerHost('dmz-01');
  await using away = await startTestHost(stack, other, programs);
  const busy = await start('long', other.id);
  await isRunning(busy);
  const viewer = await stack.createUser('member');
  await expect(viewer.client.call('revokeHost', { params: { hostId: other.id } })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });

  const revoked = await stack.admin.call('revokeHost', { params: { hostId: other.id } });
  expect(revoked).toMatchObject({ state: 'revoked', runningRuns: 0, queuedRuns: 0 });
  expect(await stack.finished(busy)).toMatchObject({ status: 'failed', failure: { code: 'HOST_REVOKED' } });
  await expect(other.api.call('getOwnHost')).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  await expect(start('quick', other.id)).rejects.toMatchObject({ code: 'HOST_REVOKED' });
  expect(away.containers.size).toBe(1);
  // The other host is not touched.
  expect((await stack.finished(await start('quick'))).status).toBe('succeeded');
}, 60_000);

test('a host that registers again after it was revoked works again, and the old certificate stays out', async () => {
  const first = await stack.registerHost('old-01');
  await stack.admin.call('revokeHost', { params: { hostId: first.id } });
  const second = await stack.registerHost('old-01');
  expect((await second.api.call('getOwnHost')).host).toMatchObject({ id: 'old-01', revokedAt: null });
  await expect(first.api.call('getOwnHost')).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
  await second.api.call('unregisterHost');
});

test('a host takes itself out with its own certificate', async () => {
  const leaving = await stack.registerHost('leaving-01');
  await leaving.api.call('unregisterHost');
  const { state } = await stack.admin.call('getHost', { params: { hostId: leaving.id } });
  expect(state).toBe('revoked');
  await expect(leaving.api.call('getOwnHost')).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
});

test('the account key is rotated under running jobs; both keys work until the rotation is finished', async () => {
  const during = await start('long');
  await isRunning(during);
  const [before] = accountKeyFingerprints(running.home);

  // Somebody with an admin's key alone cannot begin one.
  const next = await prepareNextAccountKey(running.home);
  await expect(stack.admin.call('putAgentPublicKey', { body: { publicKey: next.publicKey } })).rejects.toMatchObject({
    code: 'PUBLIC_KEY_CONFLICT',
  });
  const wrong = Buffer.from(next.rotationSignature, 'base64').reverse().toString('base64');
  await expect(
    stack.admin.call('putAgentPublicKey', { body: { publicKey: next.publicKey, rotationSignature: wrong } }),
  ).rejects.toMatchObject({ code: 'KEY_ROTATION_REFUSED' });

  await stack.admin.call('putAgentPublicKey', { body: next });
  // Before the host has the new key …
  expect((await stack.finished(await start('quick'))).status).toBe('succeeded');
  await expect(stack.admin.call('deletePreviousPublicKey')).rejects.toMatchObject({
    ...{ code: 'KEY_ROTATION_UNFINISHED', details: { hosts: [host.id] } },
  });
  // … and when it has it, without a restart.
  adoptNextAccountKey(running.home);
  expect(accountKeyFingerprints(running.home)).toEqual([expect.not.stringMatching(before ?? ''), before]);
  expect((await stack.finished(await start('quick'))).status).toBe('succeeded');
  await expect
    .poll(() =>
      stack.admin.call('deletePreviousPublicKey').then(
        () => 'finished',
        (error) => error.code,
      ),
    )
    .toBe('finished');
  expect((await stack.finished(await start('quick'))).status).toBe('succeeded');

  expect(await statusOf(during)).toBe('running');
  await stack.admin.call('cancelRun', { params: { runId: during } });
  expect((await stack.finished(during)).status).toBe('canceled');
}, 120_000);
