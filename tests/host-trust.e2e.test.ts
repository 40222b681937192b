import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostId, Run, RunId } from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlaneProcess,
  docker,
  requireBuilt,
  startControlPlaneProcess,
} from './support/control-plane-process.ts';
import { buildTestAgent, type RealHost, registerRealHost, testAgentImage } from './support/real-host.ts';

/** Keys and certificates of real hosts: the documented way to a second one, renewal, rotation, and the way out. */

/** So short that each host renews its certificate every 20 seconds. */
const lifetimeSeconds = 60;
let controlPlane: ControlPlaneProcess;
let first: RealHost;
let second: RealHost;

beforeAll(async () => {
  requireBuilt();
  buildTestAgent();
  controlPlane = await startControlPlaneProcess({ HOST_CERTIFICATE_DAYS: String(lifetimeSeconds / 86_400) });
  first = await registerRealHost(controlPlane, `trust-a-${process.pid}`, testAgentImage);
}, 240_000);
afterAll(async () => {
  await second?.[Symbol.asyncDispose]();
  await first?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
});

const quick = { mode: 'lines', count: 3, everyMs: 10, exitCode: 0 };
const long = { mode: 'lines', count: 100_000, everyMs: 200, exitCode: 0 };
const hostOf = (hostId: HostId) => controlPlane.admin.call('getHost', { params: { hostId } });
const runOf = (runId: RunId) => controlPlane.admin.call('getRun', { params: { runId } });
const isRunning = (run: Run) =>
  expect.poll(async () => (await runOf(run.id)).status, { timeout: 90_000, interval: 500 }).toBe('running');
const containersOf = (host: RealHost) =>
  docker('ps', '-aq', '--no-trunc', '--filter', `label=com.bigeye.proxy.owner=${host.id}`).split('\n').sort();

test('a second host needs the account keys of the first: without them register says so, with them it works', async () => {
  const home = mkdtempSync(join(tmpdir(), 'no-keys-'));
  const { apiKey } = await controlPlane.admin.call('createAgentApiKey', { body: { name: 'second' } });
  const flags = ['--host-id', 'trust-without', '--api-url', controlPlane.apiUrl, '--agent-api-key', apiKey];
  const refused = first.cli('--home', home, 'register', ...flags);
  expect(refused.status).toBe(3);
  expect(refused.stderr).toMatch(/^error AGENT_CONFIG_MISSING: /m);
  expect(existsSync(join(home, 'agent_config'))).toBe(false);
  rmSync(home, { recursive: true });

  second = await registerRealHost(controlPlane, `trust-b-${process.pid}`, testAgentImage, first);
  second.addOrder('quick', quick);
  const run = await controlPlane.finished((await second.start('quick')).id);
  expect(run.status).toBe('succeeded');
  for (const host of [first, second]) {
    const shown = host.cli('keys', 'show');
    expect(shown.stdout).toContain('The control plane holds the same.');
    expect(shown.status).toBe(0);
  }
}, 180_000);

test('twenty running jobs do not notice that certificates are renewed and the account key is rotated', async () => {
  first.addOrder('long', long);
  first.addOrder('quick', quick);
  const runs = await Promise.all(Array.from({ length: 20 }, () => first.start('long')));
  for (const run of runs) await isRunning(run);
  const containers = containersOf(first);
  const certificate = (await hostOf(first.id)).certificateFingerprint;

  const rotated = first.cli('keys', 'rotate', '--json');
  expect(rotated.stderr + rotated.stdout).toContain('"previousAccountKey"');
  const tooEarly = second.cli('keys', 'rotate', '--finish');
  expect([tooEarly.status, tooEarly.stderr]).toEqual([3, expect.stringContaining(second.id)]);
  // Both keys work: the host that has the new one, and the one that has not.
  expect((await controlPlane.finished((await first.start('quick')).id)).status).toBe('succeeded');
  expect((await controlPlane.finished((await second.start('quick')).id)).status).toBe('succeeded');
  for (const file of ['agent_private_key.pem', 'agent_private_key_previous.pem', 'agent_public_key.pem'])
    copyFileSync(join(first.home, 'agent_config', file), join(second.home, 'agent_config', file));
  expect(second.cli('keys', 'show').status).toBe(0);
  await expect.poll(() => second.cli('keys', 'rotate', '--finish').status, { timeout: 30_000 }).toBe(0);
  expect((await controlPlane.finished((await second.start('quick')).id)).status).toBe('succeeded');

  // By then every certificate of the beginning has ended.
  await expect
    .poll(async () => new Date((await hostOf(first.id)).certificateExpiresAt ?? 0).getTime(), {
      timeout: (lifetimeSeconds + 30) * 1000,
      interval: 1000,
    })
    .toBeGreaterThan(Date.now() + lifetimeSeconds * 1000);
  expect((await hostOf(first.id)).certificateFingerprint).not.toBe(certificate);
  expect((await controlPlane.finished((await first.start('quick')).id)).status).toBe('succeeded');

  expect(containersOf(first)).toEqual(containers);
  for (const run of runs) {
    const lines = (await runOf(run.id)).logLines;
    await expect.poll(async () => (await runOf(run.id)).logLines, { timeout: 20_000 }).toBeGreaterThan(lines);
    await controlPlane.admin.call('cancelRun', { params: { runId: run.id } });
  }
  for (const run of runs) {
    expect((await controlPlane.finished(run.id)).status).toBe('canceled');
    const { events } = await controlPlane.admin.call('getRunTimeline', { params: { runId: run.id } });
    expect(events.filter((event) => event.kind === 'started')).toHaveLength(1);
  }
}, 400_000);

test('unregister takes a host out, keeps what the operator made, and register brings it back', async () => {
  second.addOrder('long', long);
  const run = await second.start('long');
  await isRunning(run);
  const refused = second.cli('unregister');
  expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('HOST_HAS_ACTIVE_RUNS')]);
  const done = second.cli('unregister', '--force');
  expect([done.status, done.stderr]).toEqual([0, expect.any(String)]);
  expect(await controlPlane.finished(run.id)).toMatchObject({ status: 'failed', failure: { code: 'HOST_REVOKED' } });
  expect(containersOf(second)).toEqual(['']);
  expect(second.containerOf('docker-socket-proxy')).toBe('');
  expect((await hostOf(second.id)).state).toBe('revoked');
  expect(existsSync(join(second.home, 'agent_config', 'agent_private_key.pem'))).toBe(true);
  expect(readFileSync(join(second.home, 'bigeye_agent.yml'), 'utf8')).toContain('quick');

  const again = second.cli('register', '--host-id', second.id, '--json');
  expect([again.status, again.stderr]).toEqual([0, expect.any(String)]);
  expect((await controlPlane.finished((await second.start('quick')).id)).status).toBe('succeeded');
}, 240_000);
