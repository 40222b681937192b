// How long the control plane takes until it is ready, at the first start and at later ones, and what memory it and its
// children hold when idle (PSS: what is shared is counted once).
//   node bench/start/main.ts [starts, default 5] [seconds of idling, default 20]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@bigeye/testkit';
import { root, temporalCli } from '../../tests/support/test-stack.ts';

const starts = Number(process.argv[2] ?? 5);
const idleMs = Number(process.argv[3] ?? 20) * 1000;
const columns = new Map<string, number[]>();

for (let round = 0; round < starts; round++) {
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-start-'));
  try {
    await startOnce(dataDir, 'first start, ms');
    await startOnce(dataDir, 'later start, ms');
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
for (const [name, values] of columns)
  console.log(
    `${name.padEnd(32)} ${median(values).toFixed(0).padStart(6)}   (${values.map((v) => v.toFixed(0)).join(' ')})`,
  );

async function startOnce(dataDir: string, name: string): Promise<void> {
  const [api, gateway, hostApi, temporal] = await freePorts(4);
  const env = {
    ...process.env,
    DATA_DIR: dataDir,
    TEMPORAL_CLI: temporalCli,
    TEMPORAL_PORT: String(temporal),
    API_LISTEN: `127.0.0.1:${api}`,
    GATEWAY_LISTEN: `127.0.0.1:${gateway}`,
    HOST_API_LISTEN: `127.0.0.1:${hostApi}`,
    WORKFLOW_BUNDLE: join(root, 'dist/workflows.js'),
    LOG_LEVEL: 'warn',
  };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(root, 'apps/control-plane/src/main.ts')], { env, stdio: 'ignore' });
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (!(await isReady(`http://127.0.0.1:${api}/readyz`))) await delay(20);
  record(name, performance.now() - startedAt);
  await delay(idleMs);
  const pid = child.pid ?? 0;
  const family = [pid, ...descendantsOf(pid)];
  record('control plane, MiB', mib([pid]));
  record('PostgreSQL, MiB', mib(family.filter((one) => commandOf(one) === 'postgres')));
  record('Temporal, MiB', mib(family.filter((one) => commandOf(one) === 'temporal')));
  const endedAt = performance.now();
  child.kill('SIGTERM');
  await over;
  record('SIGTERM to end, ms', performance.now() - endedAt);
}

function record(name: string, value: number): void {
  columns.set(name, [...(columns.get(name) ?? []), value]);
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function isReady(url: string): Promise<boolean> {
  return await fetch(url).then(
    (reply) => reply.ok,
    () => false,
  );
}

function descendantsOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => parentOf(one) === pid);
  return children.flatMap((one) => [one, ...descendantsOf(one)]);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]);
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim();
}

function mib(pids: number[]): number {
  const kib = pids.map((pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0));
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
