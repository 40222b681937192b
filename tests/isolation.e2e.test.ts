import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerNameOf } from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlaneProcess,
  docker,
  requireBuilt,
  startControlPlaneProcess,
} from './support/control-plane-process.ts';
import { buildTestAgent, type RealHost, registerRealHost, testAgentImage } from './support/real-host.ts';

/** What an agent can reach from inside its container, tried from inside its container. */

let controlPlane: ControlPlaneProcess;
let host: RealHost;

beforeAll(async () => {
  requireBuilt();
  buildTestAgent();
  controlPlane = await startControlPlaneProcess();
  host = await registerRealHost(controlPlane, `walls-${process.pid}`, testAgentImage);
}, 240_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
});

const addressesOf = (container: string): string[] =>
  docker('inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}', container)
    .split(' ')
    .filter(Boolean);

/** The guard's answer to GET /version, whoever asks. */
const guardAnswers = /ApiVersion/;

/** What a run of the test agent found out: by target or name. */
async function probe(order: { targets?: string[]; names?: string[] }): Promise<Map<string, string>> {
  const name = `probe-${randomUUID()}`;
  host.addOrder(name, { mode: 'probe', targets: [], ...order });
  const run = await host.start(name);
  expect(await controlPlane.finished(run.id)).toMatchObject({ status: 'succeeded' });
  const { lines } = await controlPlane.admin.call('getRunLog', { params: { runId: run.id } });
  const said = lines.map(({ text }) => JSON.parse(text) as { target?: string; result?: string });
  return new Map(said.flatMap(({ target, result }) => (target && result ? [[target, result] as const] : [])));
}

test('an agent reaches the API, but not the guard, nor Temporal', async () => {
  const { ports, bridge } = controlPlane;
  const guard = host.containerOf('docker-socket-proxy');
  const guardTargets = [...addressesOf(guard), 'docker-socket-proxy'].map((address) => `${address}:2375`);
  const temporalTargets = [`${bridge}:${ports.temporal}`, `127.0.0.1:${ports.temporal}`];
  const api = `${bridge}:${ports.api}`;
  const answers = await probe({ targets: [api, ...guardTargets, ...temporalTargets] });
  // One target is meant to answer, which shows that the probe can tell a closed one from an open one.
  expect(answers.get(api)).toMatch(/referrer-policy: no-referrer/);
  for (const target of guardTargets) expect(answers.get(target)).not.toMatch(guardAnswers);
  for (const target of temporalTargets) expect(answers.get(target)).toBe('ECONNREFUSED');
});

test('an agent reaches no other run and no other container, and cannot even find out their names and addresses', async () => {
  host.addOrder('listen', { mode: 'listen', port: 8080 });
  const listening = await host.start('listen');
  const neighbour = containerNameOf(listening.id);
  await expect.poll(() => docker('ps', '-q', '--filter', `name=^${neighbour}$`), { timeout: 30_000 }).not.toBe('');
  const answer = "require('node:net').createServer((s) => s.end('NEIGHBOUR')).listen(8080, '0.0.0.0')";
  // What else runs on this machine, in Docker's own network: another company's service, another host's warehouse.
  const other = docker('run', '-d', '--rm', '--entrypoint', 'node', testAgentImage, '-e', answer);
  try {
    const [address = ''] = addressesOf(neighbour);
    const [otherAddress = ''] = addressesOf(other);
    expect([address, otherAddress]).toEqual([expect.stringMatching(/^\d/), expect.stringMatching(/^\d/)]);
    const own = docker('inspect', '-f', '{{.Config.Hostname}}', neighbour);
    const answers = await probe({
      targets: [address, otherAddress, neighbour, own].map((at) => `${at}:8080`),
      names: [neighbour, own, address, otherAddress, 'localhost'],
    });
    // One name is known to everybody, which shows that the probe can resolve names at all.
    expect(answers.get('localhost')).toMatch(/^means /);
    for (const name of [neighbour, own, address, otherAddress]) expect(answers.get(name)).not.toMatch(/^means /);
    for (const [target, result] of answers) expect(`${target} ${result}`).not.toContain('NEIGHBOUR');
    // The same address answers from this machine, so what the run did not get was closed to it alone.
    const here = connect(8080, address);
    expect(String((await once(here, 'data'))[0])).toBe('NEIGHBOUR');
    here.destroy();
  } finally {
    docker('rm', '-f', other);
    await controlPlane.admin.call('cancelRun', { params: { runId: listening.id } });
    await controlPlane.finished(listening.id);
  }
});

test('an orchestrator that was taken over can put nothing in the place of a slot, nor beside one', async () => {
  const inside = (program: string): string =>
    docker('exec', host.containerOf('bigeye-agent-orchestrator'), 'node', '-e', `const fs = require('fs'); ${program}`);
  const tries = (what: string) =>
    inside(`try { ${what}; console.log('done') } catch (error) { console.log(error.code) }`);
  const slot = `${host.home}/runs/slot-01-out`;
  expect(tries(`fs.symlinkSync('/', '${host.home}/runs/zz')`)).toBe('EROFS');
  expect(tries(`fs.mkdirSync('${host.home}/runs/zz')`)).toBe('EROFS');
  expect(tries(`fs.renameSync('${slot}', '${slot}-old')`)).toMatch(/^(EROFS|EBUSY|EXDEV)$/);
  expect(tries(`fs.rmdirSync('${slot}')`)).toMatch(/^(EROFS|EBUSY)$/);
  // Inside a slot the orchestrator may make links: only the slot itself is mounted, and the engine follows no link in it.
  expect(tries(`fs.symlinkSync('/', '${slot}/zz')`)).toBe('done');
  const refused = host.cli(
    'guard',
    'explain',
    'POST',
    '/containers/create?name=bigeye-run-x',
    '--body',
    bodyWith(`${slot}/zz`),
  );
  expect(refused.stdout).toContain('create.HostConfig.Mounts.Source');
  expect(tries(`fs.unlinkSync('${slot}/zz')`)).toBe('done');
});

/** A file with the body of a create request that is good but for its source. */
function bodyWith(source: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'body-')), 'create.json');
  const policy = JSON.parse(readFileSync(join(host.home, 'guard_policy.json'), 'utf8'));
  const hardened = { NetworkMode: 'none', CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true };
  const limits = { Memory: 64 * 1024 ** 2, NanoCpus: 1e9, PidsLimit: 10 };
  const Mounts = [{ Type: 'bind', Source: source, Target: '/out' }];
  const body = {
    Image: testAgentImage,
    User: policy.user,
    Cmd: ['run'],
    HostConfig: { ...hardened, ...limits, Mounts },
  };
  writeFileSync(file, JSON.stringify(body));
  return file;
}

test('the orchestrator does reach the guard, by the name that an agent does not', () => {
  const ask = "fetch('http://docker-socket-proxy:2375/version').then((r) => r.text()).then(console.log)";
  expect(docker('exec', host.containerOf('bigeye-agent-orchestrator'), 'node', '-e', ask)).toMatch(guardAnswers);
});

test('a run container is as tight as the guard wants it', async () => {
  host.addOrder('lines', { mode: 'lines', count: 60, everyMs: 50, exitCode: 0 });
  const run = await host.start('lines');
  await expect.poll(() => docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${run.id}`)).not.toBe('');
  const [inspected] = JSON.parse(
    docker('inspect', docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${run.id}`)),
  );
  expect(inspected.HostConfig).toMatchObject({
    Privileged: false,
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    NetworkMode: expect.stringMatching(/^bigeye-runs-.*-\d\d$/),
    Memory: 512 * 1024 * 1024,
    PidsLimit: 256,
  });
  expect(inspected.HostConfig.Binds).toBeNull();
  expect(inspected.Config.User).toBe(JSON.parse(readFileSync(join(host.home, 'guard_policy.json'), 'utf8')).user);
  const sources = inspected.Mounts.map((mount: { Source: string }) => mount.Source).filter(Boolean);
  for (const source of sources) expect(source).toMatch(new RegExp(`^${host.home}/runs/slot-\\d\\d-(in|out)$`));
  await controlPlane.finished(run.id);
});

test('the guard and the orchestrator are alone on an internal network that does not shield the host either', () => {
  const network = docker('network', 'ls', '-q', '--filter', `name=bigeye-${host.id}_orchestrator-internal`);
  const [inspected] = JSON.parse(docker('network', 'inspect', network));
  expect(inspected.Internal).toBe(true);
  expect(inspected.Options).toMatchObject({ 'com.docker.network.bridge.inhibit_ipv4': 'true' });
  expect(Object.keys(inspected.Containers)).toHaveLength(2);
  expect(addressesOf(host.containerOf('docker-socket-proxy'))).toHaveLength(1);
});
