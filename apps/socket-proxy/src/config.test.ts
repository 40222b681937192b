import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { GOOD_CREATE, json, POLICY } from '../test-tools/guard-under-test.ts';
import { ConfigError, readConfig } from './config.ts';
import { readPolicy } from './policy.ts';

const folder = mkdtempSync(join(tmpdir(), 'guard-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const main = join(import.meta.dirname, 'main.ts');
const policyFile = join(folder, 'policy.json');
writeFileSync(policyFile, JSON.stringify(POLICY));
const ON = { CONTAINERS: '1', IMAGES: '1', INFO: '1', VERSION: '1', POST: '1' };
const inContainer = { ...ON, EVENTS: '0', PING: '0', BIGEYE_GUARD_POLICY: policyFile, BIGEYE_GUARD_OWNER: 'host-1' };

function faultsOf(env: Record<string, string>, argv: string[] = []): string[] {
  try {
    readConfig(argv, env);
    return [];
  } catch (cause) {
    expect(cause).toBeInstanceOf(ConfigError);
    return (cause as ConfigError).message.split('\n');
  }
}

describe('the settings', () => {
  test('of the container are taken from the environment, with the documented defaults', () => {
    const config = readConfig([], inContainer);
    expect(config).toMatchObject({
      listen: { host: '0.0.0.0', port: 2375 },
      dockerSocket: '/var/run/docker.sock',
      owner: 'host-1',
      auditLog: undefined,
    });
  });

  test('of the command line need no flags in the environment', () => {
    const config = readConfig(
      ['--listen', '/run/g.sock', '--docker-socket', '/d.sock', '--policy', policyFile, '--owner', 'x'],
      {},
    );
    expect(config).toMatchObject({ listen: { path: '/run/g.sock' }, dockerSocket: '/d.sock', owner: 'x' });
  });

  test.each([
    ['EVENTS', { EVENTS: '1' }],
    ['EXEC', { EXEC: 'true' }],
    ['ALLOW_START', { ALLOW_START: '1' }],
    ['POST', { POST: '0' }],
    ['CONTAINERS', { CONTAINERS: 'yes' }],
    ['SOCKET_PATH', { SOCKET_PATH: '/x' }],
    ['BIGEYE_GUARD_OWNERS', { BIGEYE_GUARD_OWNERS: 'x' }],
    ['BIGEYE_GUARD_OWNER', { BIGEYE_GUARD_OWNER: 'a b' }],
    ['BIGEYE_GUARD_LISTEN', { BIGEYE_GUARD_LISTEN: '2375' }],
    ['BIGEYE_GUARD_DOCKER_SOCKET', { BIGEYE_GUARD_DOCKER_SOCKET: 'docker.sock' }],
    ['BIGEYE_GUARD_LISTEN', { BIGEYE_GUARD_LISTEN: '/var/run/docker.sock' }],
    ['BIGEYE_GUARD_POLICY', { BIGEYE_GUARD_POLICY: '/nowhere.json' }],
  ])('%s stops the guard by name when it does not fit', (name, env) => {
    const faults = faultsOf({ ...inContainer, ...env });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}\\b.*\\.`));
  });

  test('a flag of the documented set that is missing in the container stops the guard', () => {
    const { POST: _, ...env } = inContainer;
    expect(faultsOf(env)).toEqual([expect.stringContaining('POST is not set')]);
  });

  test('all faults are reported at once', () => {
    const faults = faultsOf(
      { ...inContainer, EXEC: '1', POST: '0', BIGEYE_GUARD_OWNER: '', BIGEYE_GUARD_LISTEN: 'x' },
      ['--nonsense'],
    );
    expect(faults).toHaveLength(5);
  });
});

describe('the policy file', () => {
  test('that is not there, or does not fit, is a fault of its setting and says what to do', () => {
    const faults = (path: string) => faultsOf({ ...inContainer, BIGEYE_GUARD_POLICY: path });
    expect(faults('/nowhere/policy.json')).toEqual([
      'BIGEYE_GUARD_POLICY: the file "/nowhere/policy.json" cannot be read (ENOENT). Mount the file the CLI wrote.',
    ]);
    const [fault] = faults(import.meta.filename);
    expect(fault).toMatch(
      /^BIGEYE_GUARD_POLICY: The JSON document is not strict JSON in UTF-8\. docs\/docker-guard\.md/,
    );
  });

  const read = (policy: object) => readPolicy(Buffer.from(JSON.stringify(policy)));

  test.each([
    ['an unknown key', { allowAll: true }, 'unknown-key'],
    ['an unknown limit', { limits: { memory: 1 } }, 'limits.unknown-key'],
    ['a limit over the default', { limits: { memoryBytes: 8589934593 } }, 'limits.memoryBytes'],
    ['a limit of nothing', { limits: { pids: 0 } }, 'limits.pids'],
    ['an unlimited limit', { limits: { pids: -1 } }, 'limits.pids'],
    ['a mount target that is not among the defaults', { mountTargets: ['/etc'] }, 'mountTargets'],
    ['an environment prefix that is not among the defaults', { envPrefixes: ['LD_'] }, 'envPrefixes'],
    ['a platform that is not among the defaults', { platforms: ['windows/amd64'] }, 'platforms'],
    ['no platform', { platforms: [] }, 'platforms'],
    ['no repository', { repositories: [] }, 'repositories'],
    ['the host network', { networks: ['host'] }, 'networks'],
    ['the network of the guard', { networks: ['bigeye_orchestrator-internal'] }, 'networks'],
    ['no network', { networks: [] }, 'networks'],
    ['the root as runs root', { runsRoot: '/' }, 'runsRoot'],
    ['a system folder as runs root', { runsRoot: '/var/run/x' }, 'runsRoot'],
    ['a runs root with dots', { runsRoot: '/var/lib/../run' }, 'runsRoot'],
    ['a relative runs root', { runsRoot: 'runs/x' }, 'runsRoot'],
    ['a runs root with a colon', { runsRoot: '/srv/a:b' }, 'runsRoot'],
    ['another registry', { imageNamespace: 'ghcr.io/bigeyedata/' }, 'imageNamespace'],
    ['a namespace without its slash', { imageNamespace: 'bigeyedata' }, 'imageNamespace'],
    ['a sub-command that is an option', { subCommands: ['--run'] }, 'subCommands'],
    ['a version of the API', { apiVersion: '1.41' }, 'unknown-key'],
    ...['', '0:0', '0:1', '1:0', '10001', '10001:0', 'root:root', '010:010', '2147483648:1', '1:1:1'].map(
      (user): [string, object, string] => [`the user "${user}"`, { user }, 'user'],
    ),
    ['less memory than a container may ask for', { limits: { memoryBytes: 1024 } }, 'limits.memoryBytes'],
    ['a missing key', { runsRoot: undefined }, 'runsRoot'],
    ['limits as a list', { limits: [] }, 'limits'],
  ])('is refused with %s, by name', (_, edit, key) => {
    expect(() => read({ ...POLICY, ...edit })).toThrow(expect.objectContaining({ rule: `policy.${key}` }));
  });

  test.each(['runsRoot', 'imageNamespace', 'networks', 'subCommands'])('needs %s', (key) => {
    expect(() => read({ ...POLICY, [key]: null })).toThrow(`policy.${key} is required`);
  });

  test('is refused if it is no object', () => {
    expect(() => read([])).toThrow('must be an object');
  });

  test('is refused with a key twice', () => {
    const text = JSON.stringify(POLICY).replace('{', '{"runsRoot":"/srv/other",');
    expect(() => readPolicy(Buffer.from(text))).toThrow('twice');
  });

  test('tightens what it names and keeps every other default', () => {
    const policy = read({ ...POLICY, allowPull: false, limits: { pids: 64, streams: null } });
    expect(policy).toMatchObject({
      allowPull: false,
      requireDigest: false,
      limits: { pids: 64, memoryBytes: 8589934592 },
    });
  });
});

describe('the process', () => {
  const run = (args: string[], env: Record<string, string> = {}) =>
    promisify(execFile)(process.execPath, [main, ...args], { env });

  test('ends with code 3 and one line a fault when settings do not fit', async () => {
    const failure = await run([], { EXEC: '1' }).catch((cause) => cause);
    expect(failure.code).toBe(3);
    expect(failure.stderr).toMatch(/EXEC is "1"[\s\S]*POST is not set|POST is not set[\s\S]*EXEC is "1"/);
  });

  test('serves, tells its fingerprint in the first line of its log, and stops on SIGTERM', async () => {
    const [listen, dockerSocket] = [join(folder, 'g.sock'), join(folder, 'd.sock')];
    const daemon = createServer((socket) =>
      socket.on('data', () => socket.write(json(200, { Version: '26' }))).on('error', () => {}),
    );
    await new Promise<void>((resolve) => daemon.listen(dockerSocket, resolve));
    const args = ['--listen', listen, '--docker-socket', dockerSocket, '--policy', policyFile, '--owner', 'host-1'];
    const guard = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'], env: {} });
    const started = await new Promise<string>((resolve) =>
      guard.stdout.once('data', (bytes) => resolve(String(bytes))),
    );
    const { fingerprint } = readConfig(args, {});
    expect(JSON.parse(started)).toMatchObject({ verdict: 'start', endpoint: fingerprint });
    daemon.close();
    const exit = new Promise((resolve) => guard.once('exit', resolve));
    guard.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  test('explains a request without a daemon: the rule that refuses it, or what would go out', async () => {
    const args = ['--policy', policyFile, '--owner', 'host-1'];
    const explain = (method: string, target: string, body = '') => {
      const child = promisify(execFile)(process.execPath, [main, ...args, '--explain', method, target], { env: {} });
      child.child.stdin?.end(body);
      return child.then(({ stdout }) => JSON.parse(stdout));
    };
    expect(await explain('GET', '/version')).toMatchObject({ verdict: 'allow', forwarded: { path: '/version' } });
    expect(await explain('POST', '/containers/bigeye-run-x/start')).toMatchObject({
      rule: expect.stringContaining('ours'),
    });
    const privileged = JSON.stringify({ ...GOOD_CREATE, HostConfig: { ...GOOD_CREATE.HostConfig, Privileged: true } });
    expect(await explain('POST', '/containers/create?name=bigeye-run-x', privileged)).toMatchObject({
      verdict: 'deny',
      rule: 'create.HostConfig.Privileged',
    });
  });

  test('the fingerprint changes with owner and policy', () => {
    const of = (owner: string, policy: object) => {
      writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...POLICY, ...policy }));
      return readConfig(['--policy', join(folder, 'other.json'), '--owner', owner], {}).fingerprint;
    };
    expect(
      new Set([of('a', {}), of('b', {}), of('a', { allowPull: false }), of('a', { limits: { pids: 9 } })]).size,
    ).toBe(4);
    expect(of('a', {})).toBe(of('a', { limits: { pids: 4096 }, allowPull: true }));
  });
});
