import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { HostId } from '@bigeye/contracts';
import { hostFilesOf, hostHomeAt } from '@bigeye/host-kit';
import { afterAll, expect, test } from 'vitest';
import { attacksOn } from './attacks.ts';
import { attackScript, type Outcome } from './send-attacks.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'guard-cli-'));
const target = { user: '1001:1002', runsRoot: path.join(folder, 'runs') };
const attacks = attacksOn(target);
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function outcomesAt(port: number): Promise<Outcome[]> {
  const child = spawn(process.execPath, ['-e', attackScript('127.0.0.1', port)], { stdio: 'pipe' });
  child.stdin.end(JSON.stringify(attacks));
  return JSON.parse(await text(child.stdout));
}

/** Answers everything as an engine would that has no guard before it; `seen` is what reached it. */
async function engine(listen: string | number) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(request.url?.includes('ffff') ? 404 : 200).end('{"message":"hello"}');
  });
  await new Promise<void>((resolve) => server.listen(listen, resolve));
  return { seen, server };
}

test('the built-in attacks are of forty kinds or more, each named once', () => {
  const kinds = new Set(attacks.map(({ kind }) => kind));
  expect(kinds.size).toBe(attacks.length);
  expect(kinds.size).toBeGreaterThanOrEqual(40);
});

test('the guard refuses every built-in attack, and none but questions of ownership reach the engine', async () => {
  const { seen, server } = await engine(path.join(folder, 'd.sock'));
  // Writable here, so that the links of the attacks are really there when the guard looks.
  mkdirSync(path.join(target.runsRoot, 'slot-01-out'), { recursive: true });
  const policy = {
    ...target,
    imageNamespace: 'bigeyedata/',
    networks: ['none'],
    subCommands: ['run'],
  };
  writeFileSync(path.join(folder, 'policy.json'), JSON.stringify(policy));
  const main = path.join(import.meta.dirname, '../../../../socket-proxy/src/main.ts');
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  const settings = ['--listen', `127.0.0.1:${port}`, '--docker-socket', path.join(folder, 'd.sock')];
  const rest = ['--policy', path.join(folder, 'policy.json'), '--owner', 'etl-01'];
  const guard = spawn(process.execPath, [main, ...settings, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  children.push(guard);
  await new Promise((resolve) => guard.stdout.once('data', resolve));
  seen.length = 0;
  const outcomes = await outcomesAt(port);
  server.close();
  expect(outcomes.filter(({ rule }) => rule === undefined)).toEqual([]);
  expect(outcomes).toHaveLength(attacks.length);
  expect(seen.filter((request) => !/^GET \/v1\.44\/containers\/f{64}\/json$/.test(request))).toEqual([]);
});

test('an engine without a guard refuses none of them in the guard’s way', async () => {
  const { server } = await engine(0);
  const outcomes = await outcomesAt((server.address() as AddressInfo).port);
  server.close();
  expect(outcomes.filter(({ rule }) => rule !== undefined)).toEqual([]);
});

/** The CLI as a process, at a registered home, before a `docker` that prints `output`. */
async function cli(args: string[], output: string, exit = 0) {
  const home = hostHomeAt(mkdtempSync(path.join(folder, 'home-')));
  const files = hostFilesOf(home, HostId.parse('etl-01'));
  mkdirSync(files.folder, { recursive: true });
  for (const file of [files.privateKey, files.certificate, files.caCertificate]) writeFileSync(file, 'none');
  const settings = '{host_id: etl-01, gateway_address: "127.0.0.1:1", host_api_url: "https://127.0.0.1:1"}';
  writeFileSync(home.agentFile, `bigeye: {api_url: http://x.example, agent_api_key: k}\norchestrator: ${settings}\n`);
  writeFileSync(home.guardPolicy, JSON.stringify(target));
  const tools = mkdtempSync(path.join(folder, 'tools-'));
  writeFileSync(path.join(tools, 'output'), output);
  writeFileSync(path.join(tools, 'docker'), `#!/bin/sh\n/bin/cat ${tools}/output\nexit ${exit}\n`);
  chmodSync(path.join(tools, 'docker'), 0o755);
  const main = path.join(import.meta.dirname, '../../main.ts');
  const child = spawn(process.execPath, [main, '--home', home.folder, 'guard', ...args], { env: { PATH: tools } });
  const code = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { stdout, stderr, code: await code };
}

function auditLog(): string[] {
  const lines: string[] = [];
  let previous = '0'.repeat(64);
  for (const rule of ['-', 'positive-list', 'create.HostConfig.Privileged']) {
    const head = { time: '2030-01-01T00:00:00.000Z', sequence: lines.length + 1, previous, caller: 'unix' };
    const verdict = rule === '-' ? 'start' : rule === 'positive-list' ? 'allow' : 'deny';
    const line = JSON.stringify({
      ...head,
      method: 'POST',
      endpoint: 'container.create',
      verdict,
      rule,
      status: 1,
      micros: 1,
    });
    previous = createHash('sha256').update(line).digest('hex');
    lines.push(line);
  }
  return lines;
}

test('log shows each decision with its rule and finds the chain whole, also from its middle', async () => {
  for (const from of [0, 1]) {
    const { stdout, stderr, code } = await cli(['log'], `${auditLog().slice(from).join('\n')}\n`);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/deny +create\.HostConfig\.Privileged +POST container\.create/);
  }
});

test('log finds a line that was changed and one that was left out, and ends with code 3', async () => {
  const [first = '', second = '', third = ''] = auditLog();
  for (const lines of [
    [first, second.replace('"status":1', '"status":2'), third],
    [first, third],
  ]) {
    const { stderr, code, stdout } = await cli(['log', '--json'], `${lines.join('\n')}\n`);
    expect(code).toBe(3);
    expect(stderr).toContain('The chain is broken before line 3');
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ sequence: 3, chain: 'broken' });
  }
});

test('check ends with code 3 and names the attack when one is not refused', async () => {
  const outcomes = attacks.map(({ kind }) => ({ kind, status: 403, rule: 'x' }));
  const controls = [
    { kind: 'the version', status: 200 },
    { kind: 'a container', status: 404 },
  ];
  const whole = await cli(['check'], JSON.stringify([...controls, ...outcomes]));
  expect(whole.code).toBe(0);
  expect(whole.stdout).toContain(`${attacks.length} of ${attacks.length} attacks refused`);
  const open = await cli(
    ['check'],
    JSON.stringify([...controls, { kind: 'swarm', status: 200 }, ...outcomes.slice(1)]),
  );
  expect(open.code).toBe(3);
  expect(open.stdout).toMatch(/✗ swarm +NOT REFUSED \(200\)/);
});

test('check proves nothing, and says so, when the guard does not even allow what it should', async () => {
  const outcomes = attacks.map(({ kind }) => ({ kind, status: 403, rule: 'x' }));
  const silent = { kind: 'the version', status: 0 };
  const refused = { kind: 'a container', status: 403, rule: 'create.User' };
  for (const controls of [
    [silent, { kind: 'a container', status: 404 }],
    [{ kind: 'the version', status: 200 }, refused],
  ]) {
    const { code, stderr } = await cli(['check'], JSON.stringify([...controls, ...outcomes]));
    expect(code).not.toBe(0);
    expect(stderr).toContain('STACK_UNHEALTHY');
  }
});

test('explain says in words which rule decides', async () => {
  const said = { verdict: 'deny', rule: 'endpoint.unknown', message: 'This endpoint is not open.', policy: 'x' };
  const { stdout, code } = await cli(['explain', 'get', '/volumes'], JSON.stringify(said));
  expect([code, stdout]).toEqual([0, 'denied by the rule endpoint.unknown\nThis endpoint is not open.\n']);
});
