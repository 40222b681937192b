import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostId } from '@bigeye/contracts';
import {
  ensureAccountKeys,
  hostFilesOf,
  hostHomeAt,
  planGuardPolicy,
  recordGuard,
  renderComposeFile,
  runSlotsOf,
} from '@bigeye/host-kit';
import { expect, onTestFinished, test } from 'vitest';
import { buildContext } from '../../../script/lib/bundles.ts';

const hostId = HostId.parse('etl-01');
const newFolder = () => mkdtempSync(path.join(tmpdir(), 'build-'));

/** A registered home whose gateway nobody answers at. */
async function createHome() {
  const home = hostHomeAt(newFolder());
  const files = hostFilesOf(home, hostId);
  mkdirSync(files.folder, { recursive: true });
  const certificate = ['-keyout', files.privateKey, '-out', files.certificate, '-subj', '/CN=etl-01'];
  execFileSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    ...certificate,
  ]);
  cpSync(files.certificate, files.caCertificate);
  writeFileSync(home.bigeyePublicKey, await ensureAccountKeys(home));
  const socket = { path: '/var/run/docker.sock', gid: 1 };
  const stack = { home, hostId, user: { uid: 1, gid: 1 }, slots: runSlotsOf(home, hostId, 1) };
  writeFileSync(home.composeFile, renderComposeFile({ ...stack, socket, policy: 'p', controlPlane: 'x' }));
  writeFileSync(home.guardPolicy, planGuardPolicy(stack).content);
  recordGuard(home, hostId);
  const settings =
    'bigeye: {api_url: http://x.example, agent_api_key: k}\n' +
    'orchestrator: {host_id: etl-01, gateway_address: "127.0.0.1:1", host_api_url: "https://127.0.0.1:1"}\n';
  writeFileSync(home.agentFile, settings);
  return home;
}

async function engineWithNothingInIt(): Promise<string> {
  const server = createServer((request, response) =>
    response.end(request.url?.startsWith('/containers') ? '[]' : '{}'),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the image context runs on its own: orchestrator, native worker and health check, and it ends when told to', async () => {
  // Away from the repository, so that nothing is found in its node_modules.
  const app = newFolder();
  await buildContext('agent-orchestrator', app);
  const home = await createHome();
  const env = { BIGEYE_HOME: home.folder, DOCKER_HOST: await engineWithNothingInIt(), TMPDIR: newFolder() };
  const child = spawn(process.execPath, [path.join(app, 'main.mjs'), 'serve'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  await expect.poll(() => said, { timeout: 15_000 }).toContain('worker gateway does not answer');
  await expect.poll(() => said, { timeout: 15_000 }).toContain('host heartbeat not acknowledged');

  const health = spawn(process.execPath, [path.join(app, 'health.mjs')], { env });
  expect(await new Promise((resolve) => health.on('exit', resolve))).toBe(1);
  writeFileSync(path.join(env.TMPDIR, 'bigeye-orchestrator-healthy-until'), String(Date.now() + 10_000));
  const healthy = spawn(process.execPath, [path.join(app, 'health.mjs')], { env });
  expect(await new Promise((resolve) => healthy.on('exit', resolve))).toBe(0);

  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
  expect(readFileSync(path.join(app, 'Dockerfile'), 'utf8')).toContain('USER 10001:10001');
}, 60_000);
