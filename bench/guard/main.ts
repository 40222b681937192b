import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type NetConnectOpts } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildContext } from '../../script/lib/bundles.ts';
import { caseOwner, casePolicy, recordingDaemon, runCases } from './cases.ts';
import { type Call, closedLoop, streamed } from './load.ts';

/**
 * The guard beside what it replaces: the bare socket, HAProxy with the configuration of the stock proxy, ours as it is
 * built for its image. The arms take turns within each round, so that a busy machine hits them alike. No figure is printed
 * when the same build does not decide every case rightly. Settings: BENCH_ROUNDS (5), BENCH_CALLS (2000 each), BENCH_MIB (256).
 */
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const callsEach = Number(process.env.BENCH_CALLS ?? 2000);
const mebibytes = Number(process.env.BENCH_MIB ?? 256);
const dockerfile = path.join(import.meta.dirname, '../../apps/socket-proxy/Dockerfile');
const flagsOfImage =
  process.env.BENCH_FLAGS?.split(' ') ??
  readFileSync(dockerfile, 'utf8')
    .match(/--[a-z0-9=-]+/g)
    ?.filter((flag) => flag !== '--') ??
  [];

const folder = mkdtempSync(path.join(tmpdir(), 'bench-guard-'));
const at = (name: string) => path.join(folder, name);
const children: ChildProcess[] = [];
const id = 'a'.repeat(64);
const body = JSON.stringify({
  Image: 'bigeyedata/agent:1.4.2',
  User: '10001:10001',
  Cmd: ['run', '--job', '42'],
  WorkingDir: '/workspace',
  Env: ['BIGEYE_JOB_ID=42', 'TZ=UTC'],
  Labels: { 'com.bigeye.run.job': '42' },
  HostConfig: {
    NetworkMode: 'bigeye-agents',
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
    Memory: 536870912,
    NanoCpus: 1000000000,
    PidsLimit: 256,
    Init: true,
    Mounts: [{ Type: 'bind', Source: '/var/lib/bigeye/runs/job-42', Target: '/workspace' }],
    Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m' },
  },
});
const calls: Call[] = [
  { name: 'GET version', status: 200, bytes: 'GET /v1.44/version HTTP/1.1\r\nHost: docker\r\n\r\n' },
  {
    name: 'POST create',
    status: 201,
    bytes: `POST /v1.44/containers/create?name=bigeye-run-job-42 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  },
];
const logs = `GET /v1.44/containers/${id}/logs?follow=1&stdout=1&tail=${mebibytes} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`;

interface Arm {
  name: string;
  address: NetConnectOpts;
  pid?: number | undefined;
}

try {
  await buildContext('socket-proxy', at('guard'));
  const { count, wrong } = await judgeBuild();
  if (count === 0 || wrong.length > 0) {
    const reason =
      count === 0 ? 'the cases are not on this machine' : `${wrong.length} of ${count} cases fail: ${wrong}`;
    process.stderr.write(`bench/guard prints no figure: ${reason}.\n`);
    process.exitCode = 1;
  } else {
    process.stdout.write(`${count} of ${count} cases decided rightly by this build.\n`);
    await measure(await startArms());
  }
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}

async function judgeBuild() {
  const daemon = await recordingDaemon(at('cases.sock'));
  writeFileSync(at('cases.json'), JSON.stringify(casePolicy));
  const settings = ['--listen', at('judged.sock'), '--docker-socket', at('cases.sock'), '--policy', at('cases.json')];
  const guard = startGuard([...settings, '--owner', caseOwner]);
  await retry(async () => void statSync(at('judged.sock')));
  const result = await runCases(at('judged.sock'), daemon.reached);
  guard.kill('SIGKILL');
  daemon.close();
  return result;
}

async function startArms(): Promise<Arm[]> {
  start(process.execPath, [path.join(import.meta.dirname, 'mock-daemon.ts'), at('d.sock')]);
  await retry(async () => void statSync(at('d.sock')));
  const [haproxyPort, guardPort] = [await freePort(), await freePort()];
  const sections = { CONTAINERS: '1', IMAGES: '1', INFO: '1', VERSION: '1', POST: '1' };
  const env = { ...sections, LOG_LEVEL: 'info', SOCKET_PATH: at('d.sock'), BIND_CONFIG: `127.0.0.1:${haproxyPort}` };
  const haproxy = start('haproxy', ['-W', '-db', '-f', path.join(import.meta.dirname, 'haproxy.cfg')], {
    ...process.env,
    ...env,
  });
  writeFileSync(at('policy.json'), JSON.stringify(casePolicy));
  const listen = `127.0.0.1:${guardPort}`;
  const settings = ['--listen', listen, '--docker-socket', at('d.sock'), '--policy', at('policy.json')];
  const guard = startGuard([...settings, '--owner', 'bench']);
  const arms = [
    { name: 'raw socket', address: { path: at('d.sock') } },
    { name: 'HAProxy', address: { port: haproxyPort, host: '127.0.0.1' }, pid: workerOf(haproxy.pid) },
    { name: 'guard', address: { port: guardPort, host: '127.0.0.1' }, pid: guard.pid },
  ];
  for (const arm of arms) for (const call of calls) await retry(() => closedLoop(arm.address, call, 8, 3_000));
  return arms.map((arm) => (arm.name === 'HAProxy' ? { ...arm, pid: workerOf(haproxy.pid) } : arm));
}

async function measure(arms: Arm[]): Promise<void> {
  for (const call of calls)
    for (const connections of [1, 8, 64]) {
      const samples = new Map<string, { p50: number[]; p99: number[]; perSecond: number[] }>();
      for (let round = 0; round < rounds; round += 1)
        for (const arm of rotated(arms, round)) {
          const begun = performance.now();
          const latencies = (await closedLoop(arm.address, call, connections, callsEach)).sort((a, b) => a - b);
          const sample = samples.get(arm.name) ?? { p50: [], p99: [], perSecond: [] };
          sample.p50.push(latencies[Math.floor(latencies.length * 0.5)] ?? 0);
          sample.p99.push(latencies[Math.floor(latencies.length * 0.99)] ?? 0);
          sample.perSecond.push(latencies.length / ((performance.now() - begun) / 1000));
          samples.set(arm.name, sample);
        }
      for (const { name } of arms) {
        const { p50 = [], p99 = [], perSecond = [] } = samples.get(name) ?? {};
        const figures = `p50 ${show(p50, 6)} µs   p99 ${show(p99, 7)} µs   ${show(perSecond, 6)} calls/s`;
        process.stdout.write(
          `${call.name}  ${String(connections).padStart(2)} connections  ${name.padEnd(10)}  ${figures}\n`,
        );
      }
    }
  for (const arm of arms) {
    const rates: number[] = [];
    for (let round = 0; round < Math.min(rounds, 3); round += 1) rates.push(await streamed(arm.address, logs));
    process.stdout.write(`log stream of ${mebibytes} MiB  ${arm.name.padEnd(10)}  ${show(rates, 6)} MiB/s\n`);
  }
  for (const { name, pid } of arms)
    if (pid) process.stdout.write(`peak memory (VmHWM)  ${name.padEnd(10)}  ${peak(pid)} MB\n`);
}

function start(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  // Both write a line a call. A pipe to this process would make them wait for the load generator.
  const output = openSync(at(`${children.length}.log`), 'w');
  const child = spawn(command, args, { env, stdio: ['ignore', output, 'inherit'] });
  children.push(child);
  return child;
}

function startGuard(settings: string[]): ChildProcess {
  const bundle = process.env.BENCH_BUNDLE ?? path.join(at('guard'), 'main.mjs');
  return start(process.execPath, [...flagsOfImage, bundle, ...settings], {});
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function retry(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries += 1)
    try {
      await work();
      return;
    } catch (cause) {
      if (tries > 20) throw cause;
      await sleep(100);
    }
}

/** HAProxy's master only watches; the process that serves is its child. */
function workerOf(pid: number | undefined): number | undefined {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]) || pid;
  } catch {
    return pid;
  }
}

function peak(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kilobytes) / 1024);
}

function rotated<T>(list: T[], by: number): T[] {
  return [...list.slice(by % list.length), ...list.slice(0, by % list.length)];
}

/** The median, padded. */
function show(values: number[], width: number): string {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return String(Math.round(middle)).padStart(width);
}
