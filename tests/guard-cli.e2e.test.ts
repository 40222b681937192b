import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlaneProcess,
  docker,
  requireBuilt,
  startControlPlaneProcess,
} from './support/control-plane-process.ts';
import { type RealHost, registerRealHost } from './support/real-host.ts';

/** What an operator does to see for himself what the guard of his host refuses. */

let controlPlane: ControlPlaneProcess;
let host: RealHost;

beforeAll(async () => {
  requireBuilt();
  controlPlane = await startControlPlaneProcess();
  host = await registerRealHost(controlPlane, `guard-${process.pid}`);
}, 240_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
});

test('guard check shows every attack refused by the guard that runs, and leaves nothing behind', () => {
  const { status, stdout } = host.cli('guard', 'check');
  expect(stdout).not.toContain('NOT REFUSED');
  expect(stdout).toMatch(/(\d{2,}) of \1 attacks refused by the running guard/);
  expect(status).toBe(0);
  expect(docker('ps', '-aq', '--filter', 'name=bigeye-run-guard-check')).toBe('');
});

test('guard log shows those refusals in a chain that is whole', () => {
  const { status, stdout } = host.cli('guard', 'log', '--tail', 'all', '--json');
  expect(status).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => line.rule)).toContain('create.HostConfig.Privileged');
  expect(new Set(lines.map((line) => line.chain))).toEqual(new Set(['begins', 'linked']));
});

test('guard explain says what decides, from the policy of the guard that runs', () => {
  expect(host.cli('guard', 'explain', 'GET', '/volumes').stdout).toContain('denied by the rule endpoint.unknown');
  const body = join(host.home, 'body.json');
  writeFileSync(body, JSON.stringify({ Image: 'alpine:3' }));
  const args = ['POST', '/containers/create?name=bigeye-run-x', '--body', body, '--json'];
  expect(JSON.parse(host.cli('guard', 'explain', ...args).stdout)).toMatchObject({
    verdict: 'deny',
    rule: 'create.Image',
  });
});

const policyFile = () => join(host.home, 'guard_policy.json');
const policyOnDisk = () => JSON.parse(readFileSync(policyFile(), 'utf8'));
const editPolicy = (change: object) => writeFileSync(policyFile(), JSON.stringify({ ...policyOnDisk(), ...change }));
const create = (image: string) => ({
  Image: image,
  User: policyOnDisk().user,
  Cmd: ['run'],
  HostConfig: {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
    Memory: 64 * 1024 ** 2,
    NanoCpus: 1e9,
    PidsLimit: 150,
  },
});
/** What the guard that runs says of a container of this image, with 150 processes. */
function verdictOn(image: string): string {
  const body = join(host.home, 'body.json');
  writeFileSync(body, JSON.stringify(create(image)));
  const { stdout } = host.cli(
    'guard',
    'explain',
    'POST',
    '/containers/create?name=bigeye-run-x',
    '--body',
    body,
    '--json',
  );
  return JSON.parse(stdout).rule;
}

test('a loosened policy is shown and refused where nobody is asked, by sync and by upgrade, and nothing is recorded', () => {
  editPolicy({ imageNamespace: 'evil/' });
  for (const command of [['sync'], ['compose', 'upgrade']]) {
    const { status, stderr } = host.cli(...command);
    expect(status).toBe(3);
    expect(stderr).toContain('error GUARD_LOOSENED: ');
    expect(stderr).toContain('imageNamespace: "bigeyedata/" → "evil/"');
  }
  expect(policyOnDisk().imageNamespace).toBe('evil/');
  expect(host.cli('guard', 'explain', 'GET', '/version').stderr).toContain('guard_policy.json was changed since');
});

test('sync --restore-policy brings it back to what was recorded', () => {
  expect(host.cli('sync', '--restore-policy').status).toBe(0);
  expect(policyOnDisk().imageNamespace).toBe('bigeyedata/');
  expect(host.cli('guard', 'explain', 'GET', '/version').stderr).toBe('');
  expect(verdictOn('evil/x:1')).toBe('create.Image');
}, 120_000);

test('tightening is kept and in force after sync; taking it back needs its name', () => {
  expect(verdictOn('bigeyedata/x:1')).toBe('positive-list');
  editPolicy({ limits: { pids: 100 } });
  expect(host.cli('sync').status).toBe(0);
  expect(verdictOn('bigeyedata/x:1')).toBe('create.HostConfig.PidsLimit');
  editPolicy({ limits: { pids: 200 } });
  const refused = host.cli('sync', '--loosen', 'imageNamespace');
  expect([refused.status, refused.stderr]).toEqual([3, expect.stringContaining('limits.pids: 100 → 200')]);
  expect(host.cli('sync', '--loosen', 'limits.pids').status).toBe(0);
  expect(policyOnDisk().limits).toEqual({ pids: 200 });
  expect(verdictOn('bigeyedata/x:1')).toBe('positive-list');
}, 240_000);

test('a policy that the guard cannot start with is mended by sync, which says what it left out', () => {
  editPolicy({ allowAll: true, limits: { pids: 10 ** 9 } });
  docker('restart', host.containerOf('docker-socket-proxy'));
  const mended = host.cli('sync', '--loosen', 'limits.pids');
  expect(mended.stderr).toContain('guard_policy.json: allowAll is no key of the policy; it is left out.');
  expect(mended.stderr).toContain('guard_policy.json: limits is nothing that the guard takes; it is left out.');
  expect(mended.status).toBe(0);
  expect(verdictOn('bigeyedata/x:1')).toBe('positive-list');
  writeFileSync(policyFile(), '{ not json');
  docker('restart', host.containerOf('docker-socket-proxy'));
  expect(host.cli('sync').status).toBe(0);
  expect(verdictOn('bigeyedata/x:1')).toBe('positive-list');
}, 240_000);

test('a file that Compose could merge into the stack is asked about like a looser policy', () => {
  const file = join(host.home, 'docker-compose.override.yml');
  writeFileSync(file, 'services: {docker-socket-proxy: {privileged: true}}\n');
  const { status, stderr } = host.cli('sync');
  expect([status, stderr]).toEqual([3, expect.stringContaining('docker-compose.override.yml: it was not there')]);
  rmSync(file);
  expect(host.cli('sync').status).toBe(0);
}, 120_000);

test('what is no slot in the runs folder stops sync before it changes anything, and is named', () => {
  symlinkSync('/', join(host.home, 'runs/zz'));
  const { status, stderr } = host.cli('sync');
  expect([status, stderr]).toEqual([3, expect.stringMatching(/error RUNS_FOLDER_FOREIGN: .*: zz\./)]);
  rmSync(join(host.home, 'runs/zz'));
});
