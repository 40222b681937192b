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

async function start(connectionName: string, hostId = host.id, on = stack): Promise<RunId> {
  const job = await on.createJob({
    hostId,
    parameters: { connectors: ['postgres'], connectionName },
    settings: { cancelGraceSeconds: 1 },
  });
  return (await on.admin.call('startRun', { params: { jobId: job.id } })).id;
}
const statusOf = async (runId: RunId, on = stack) => (await on.admin.call('getRun', { params: { runId } })).status;
const isRunning = (runId: RunId, on = stack) =>
  expect.poll(() => statusOf(runId, on), { timeout: 15_000 }).toBe('running');
const currentOf = async (id = host.id) =>
  (await stack.admin.call('getHost', { params: { hostId: id } })).certificateFingerprint;
const onDisk = () => certificateFingerprint(readFileSync(hostFilesOf(running.home, host.id).certificate, 'utf8'));

test('a certificate renews itself again and again, and twenty running jobs notice nothing', async () => {
  const runs = await Promise.all(Array.from({ length: 20 }, () => start('long')));
  await Promise.all(runs.map((runId) => isRunning(runId)));
  const containers = running.engine.containers.size;

  const seen = new Set<string | null>();
  // Looked at again and again, longer than a certificate lives: without its renewals the host would be out by the end.
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
  expect(running.engine.containers.size).toBeLessThanOrEqual(containers + 1);
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
  expect(away.engine.containers.size).toBe(1);
  // The other host is not touched.
  expect((await stack.finished(await start('quick'))).status).toBe('succeeded');
}, 60_000);

test('a host that registers again after it was revoked works again, and the old certificate stays out', async () => {
  const first = await stack.registerHost('old-01');
  await stack.admin.call('revokeHost', { params: { hostId: first.id } });
  const second = await stack.registerHost('old-01');
  expect((await second.api.call('getOwnHost')).host).toMatchObject({ id: 'old-01', revokedAt: null });
  await expect(first.api.call('getOwnHost')).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
});

test('a host takes itself out with its own certificate', async () => {
  const leaving = await stack.registerHost('leaving-01');
  await leaving.api.call('unregisterHost');
  const { state } = await stack.admin.call('getHost', { params: { hostId: leaving.id } });
  expect(state).toBe('revoked');
  await expect(leaving.api.call('getOwnHost')).rejects.toMatchObject({ code: 'CERTIFICATE_REFUSED' });
});

test('the account key is rotated under running jobs; both keys work until the rotation is finished', async () => {
  // In a stack of its own: the rotation changes the account key, on which the hosts of the other tests depend.
  await using rotating = await startTestStack();
  const rotatingHost = await rotating.registerHost('etl-01');
  await using orchestrator = await startTestHost(rotating, rotatingHost, programs);
  const { admin } = rotating;
  const home = orchestrator.home;
  const begin = (name: string) => start(name, rotatingHost.id, rotating);
  const runQuick = async () => (await rotating.finished(await begin('quick'))).status;
  const during = await begin('long');
  await isRunning(during, rotating);
  const [before] = accountKeyFingerprints(home);

  // Somebody with an admin's key alone cannot begin one.
  const next = await prepareNextAccountKey(home);
  await expect(admin.call('putAgentPublicKey', { body: { publicKey: next.publicKey } })).rejects.toMatchObject({
    code: 'PUBLIC_KEY_CONFLICT',
  });
  const wrong = Buffer.from(next.rotationSignature, 'base64').reverse().toString('base64');
  await expect(
    admin.call('putAgentPublicKey', { body: { publicKey: next.publicKey, rotationSignature: wrong } }),
  ).rejects.toMatchObject({ code: 'KEY_ROTATION_REFUSED' });

  await admin.call('putAgentPublicKey', { body: next });
  // Before the host has the new key …
  expect(await runQuick()).toBe('succeeded');
  await expect(admin.call('deletePreviousPublicKey')).rejects.toMatchObject({
    code: 'KEY_ROTATION_UNFINISHED',
    details: { hosts: [rotatingHost.id], count: 1 },
  });
  // … and when it has it, without a restart.
  adoptNextAccountKey(home);
  expect(accountKeyFingerprints(home)).toEqual([expect.not.stringMatching(before ?? ''), before]);
  expect(await runQuick()).toBe('succeeded');
  await expect
    .poll(() =>
      admin.call('deletePreviousPublicKey').then(
        () => 'finished',
        (error) => error.code,
      ),
    )
    .toBe('finished');
  expect(await runQuick()).toBe('succeeded');

  expect(await statusOf(during, rotating)).toBe('running');
  await admin.call('cancelRun', { params: { runId: during } });
  expect((await rotating.finished(during)).status).toBe('canceled');
}, 120_000);
