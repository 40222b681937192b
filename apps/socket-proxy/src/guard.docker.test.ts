import { execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { startGuard } from './guard.ts';

const IMAGE = 'bigeyedata/guard-test:1';
const SOCKET = '/var/run/docker.sock';
const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
const ready = existsSync(SOCKET) && busybox !== undefined;
const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

describe.skipIf(!ready)('the guard before a real engine (skipped without an engine and busybox-static)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guard-docker-'));
  const runsRoot = join(folder, 'runs');
  const listen = join(folder, 'g.sock');
  const name = `bigeye-run-guard-test-${process.pid}`;
  let close = () => {};

  beforeAll(async () => {
    const tree = join(folder, 'tree');
    mkdirSync(join(tree, 'bin'), { recursive: true });
    mkdirSync(join(tree, 'workspace'));
    mkdirSync(join(runsRoot, 'job-1'), { recursive: true });
    chownSync(join(runsRoot, 'job-1'), 10001, 10001);
    copyFileSync(busybox ?? '', join(tree, 'bin/busybox'));
    execFileSync('tar', ['-C', tree, '-cf', join(folder, 'tree.tar'), '.']);
    docker('import', '--change', 'ENTRYPOINT ["/bin/busybox"]', join(folder, 'tree.tar'), IMAGE);
    const policy = { runsRoot, imageNamespace: 'bigeyedata/', networks: ['none'], subCommands: ['sh', 'sleep'] };
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
    const argv = [
      '--listen',
      listen,
      '--docker-socket',
      SOCKET,
      '--policy',
      join(folder, 'policy.json'),
      '--owner',
      'guard-test',
    ];
    close = await startGuard(readConfig([...argv, '--audit-log', join(folder, 'audit.log')], {}));
  });
  afterAll(() => {
    close();
    for (const id of docker('ps', '-aq', '--filter', 'label=com.bigeye.proxy.owner=guard-test')
      .split('\n')
      .filter(Boolean))
      docker('rm', '-f', id);
    docker('rmi', '-f', IMAGE);
    rmSync(folder, { recursive: true });
  });

  function call(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath: listen, method, path, headers }, (response) => {
        let answer = '';
        response.on('data', (part) => {
          answer += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: answer, headers: response.headers }),
        );
        response.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  const hardened = (...Cmd: string[]) => ({
    Image: IMAGE,
    User: '10001:10001',
    Cmd,
    Labels: { 'com.bigeye.run.id': 'run_1' },
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Memory: 64 * 1024 ** 2,
      NanoCpus: 500_000_000,
      PidsLimit: 32,
      Init: false,
      Mounts: [{ Type: 'bind', Source: join(runsRoot, 'job-1'), Target: '/workspace' }],
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=1m' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    },
  });

  test('every call of a run passes, from the image to the removal', async () => {
    expect((await call('GET', '/version')).status).toBe(200);
    expect(JSON.parse((await call('GET', '/info')).text)).toHaveProperty('ServerVersion');
    expect((await call('GET', `/images/${IMAGE}/json`)).status).toBe(200);
    expect((await call('GET', '/images/json')).text).toContain(IMAGE);
    const created = await call(
      'POST',
      `/v1.44/containers/create?name=${name}`,
      hardened('sh', '-c', 'echo one; id -u; touch /workspace/x && echo wrote; touch /y || echo read-only; exit 7'),
    );
    expect(created.status, created.text).toBe(201);
    const { Id } = JSON.parse(created.text);
    const waiting = call('POST', `/containers/${Id}/wait?condition=next-exit`);
    expect((await call('POST', `/containers/${Id}/start`)).status).toBe(204);
    const logs = await call('GET', `/containers/${Id}/logs?follow=1&stdout=1&stderr=1`);
    expect(logs.text).toMatch(/one[\s\S]*10001[\s\S]*wrote[\s\S]*read-only/);
    expect(JSON.parse((await waiting).text)).toMatchObject({ StatusCode: 7 });
    const inspected = JSON.parse((await call('GET', `/containers/${name}/json`)).text);
    expect(inspected.State.ExitCode).toBe(7);
    expect(inspected.HostConfig).toMatchObject({ Privileged: false, CapDrop: ['ALL'], MemorySwap: 64 * 1024 ** 2 });
    expect(inspected.Config.Labels).toMatchObject({ 'com.bigeye.proxy.owner': 'guard-test' });
    const list = JSON.parse((await call('GET', '/containers/json?all=1')).text);
    expect(list.map((one: { Id: string }) => one.Id)).toEqual([Id]);
    expect((await call('DELETE', `/containers/${Id}?v=1`)).status).toBe(204);
    expect((await call('GET', `/containers/${Id}/json`)).status).toBe(404);
  });

  test('a running container is killed and stopped through the guard', async () => {
    for (const action of ['kill?signal=SIGKILL', 'stop?t=1']) {
      const { Id } = JSON.parse(
        (await call('POST', `/containers/create?name=${name}-2`, hardened('sleep', '60'))).text,
      );
      await call('POST', `/containers/${Id}/start`);
      expect((await call('POST', `/containers/${Id}/${action}`)).status).toBe(204);
      expect(JSON.parse((await call('POST', `/containers/${Id}/wait`)).text).StatusCode).toBeGreaterThan(0);
      await call('DELETE', `/containers/${Id}?force=1`);
    }
  });

  test('a bind of the host root, a privileged container and a foreign container are refused', async () => {
    const root = hardened('sh');
    const answers = [
      await call('POST', `/containers/create?name=${name}-3`, {
        ...root,
        HostConfig: { ...root.HostConfig, Binds: ['/:/workspace:rw'], Mounts: [] },
      }),
      await call('POST', `/containers/create?name=${name}-3`, {
        ...root,
        HostConfig: { ...root.HostConfig, Privileged: true },
      }),
    ];
    const foreign = docker('create', '--name', `guard-foreign-${process.pid}`, IMAGE, 'sleep', '60');
    answers.push(await call('DELETE', `/containers/${foreign}?force=1`));
    expect(docker('rm', '-f', foreign)).toBe(foreign);
    expect(answers.map((answer) => answer.status)).toEqual([403, 403, 403]);
  });
});
