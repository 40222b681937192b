// Thousands of short runs on a few simulated hosts for an hour, while something dies every few seconds: no run may be lost or
// doubled, each must be told as it was, with its whole log, and no process may grow. The control plane with its PostgreSQL
// and Temporal is a real one; the hosts have the real orchestrator and a fake engine.
//   script/soak [--minutes 60] [--runs 2000] [--hosts 5] [--kill-every 20 seconds] [--cancels 0.05 of the runs]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type HostId, isActive, type JobId, type Run, type RunId } from '@bigeye/contracts';
import { freePorts, until } from '@bigeye/testkit';
import { type SpawnedControlPlane, spawnControlPlane } from '../../tests/support/spawned-control-plane.ts';
import { createClients } from '../../tests/support/test-stack.ts';
import { costOf } from '../control-plane/process-cost.ts';
import { type Lived, lineOf, linesOfRun, type ToHosts } from './hosts.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    runs: { type: 'string', default: '2000' },
    hosts: { type: 'string', default: '5' },
    'kill-every': { type: 'string', default: '20' },
    cancels: { type: 'string', default: '0.05' },
  },
});
const runs = Number(values.runs);
const wholeMs = Number(values.minutes) * 60_000;
const jobsOfHost = 20;
const sampleEveryMs = 10_000;

await using stack = new AsyncDisposableStack();
const dataDir = mkdtempSync(join(tmpdir(), 'soak-'));
stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
const ports = await freePorts(4);
let controlPlane = await startControlPlane();
stack.defer(async () => void (await controlPlane.end()));
const adminKey = /bigeye_pak_\w+/.exec(readFileSync(join(dataDir, 'first-admin.txt'), 'utf8'))?.[0] ?? '';
const at = { apiUrl: controlPlane.apiUrl, hostApiUrl: `https://${controlPlane.hostApiAddress}` };
const { admin, createJob } = stack.use(createClients(at, adminKey));
const hosts = fork(join(import.meta.dirname, 'hosts.ts'), { env: { ...process.env, TMPDIR: tmpdir() } });
stack.defer(async () => {
  tell({ do: 'end' });
  await once(hosts, 'exit');
});
const hostIds = await ask<HostId[]>({
  do: 'start',
  order: { ...at, gatewayAddress: controlPlane.gatewayAddress, adminKey, hosts: Number(values.hosts) },
});
const jobs: JobId[] = [];
for (let turn = 0; turn < jobsOfHost; turn++)
  for (const hostId of hostIds) {
    const parameters = { connectors: ['postgres'], connectionName: turn % 5 === 0 ? 'bad' : 'good' };
    jobs.push((await createJob({ hostId, parameters, settings: { cancelGraceSeconds: 5 } })).id);
  }

const kills: Record<string, () => unknown> = {
  'the control plane, with PostgreSQL and Temporal': async () => {
    await controlPlane.end('SIGKILL');
    controlPlane = await startControlPlane();
  },
  Temporal: () => process.kill(Number(readFileSync(join(dataDir, 'temporal.pid'), 'utf8')), 'SIGKILL'),
  PostgreSQL: () => process.kill(postmasterPid(), 'SIGKILL'),
  'an orchestrator, in order': () => tell({ do: 'restart the orchestrator', host: randomBelow(hostIds.length) }),
  "a host's engine, for a moment": () => tell({ do: 'lose the engine', host: randomBelow(hostIds.length) }),
};
const killed = new Map(Object.keys(kills).map((name) => [name, 0]));
const memory = new Map<string, number[]>();
const answered = new Set<RunId>();

const ending = new AbortController();
const [began, beside] = [Date.now(), Promise.all([killFromTimeToTime(), sampleFromTimeToTime()])];
await startRuns();
ending.abort();
await beside;
await until(async () => !(await listRuns('queued')).length && !(await listRuns('running')).length, {
  timeoutMs: 10 * 60_000,
  late: () => 'runs go on ten minutes after the last was started',
}).catch((error: Error) => console.log(error.message));
await print();

async function startControlPlane(): Promise<SpawnedControlPlane> {
  const spawned = await spawnControlPlane({ dataDir, ports, settings: { LOG_LEVEL: 'warn' } });
  await spawned.settled();
  return spawned;
}

function postmasterPid(): number {
  return Number.parseInt(readFileSync(join(dataDir, 'database/postmaster.pid'), 'utf8'), 10);
}

function tell(message: ToHosts): void {
  hosts.send(message);
}

async function ask<Answer>(message: ToHosts): Promise<Answer> {
  tell(message);
  const [answer] = (await once(hosts as ChildProcess, 'message')) as [Answer];
  return answer;
}

function randomBelow(count: number): number {
  return Math.floor(Math.random() * count);
}

/** One by one, each when its time has come; what nobody answers is asked for again. */
async function startRuns(): Promise<void> {
  const calls: Promise<void>[] = [];
  for (let turn = 0; turn < runs; turn++) {
    await delay(Math.max(0, began + (turn * wholeMs) / runs - Date.now()));
    calls.push(startOne(jobs[turn % jobs.length] as JobId));
  }
  await Promise.all(calls);
}

async function startOne(jobId: JobId): Promise<void> {
  const started = async () => await admin.call('startRun', { params: { jobId } }).catch(() => undefined);
  const run = await until(started, { timeoutMs: 5 * 60_000, late: () => `job ${jobId} could not be started` });
  answered.add(run.id);
  if (Math.random() >= Number(values.cancels)) return;
  await delay(randomBelow(1_500));
  // It may be over already, or nobody may be there to answer: then it is not canceled.
  await admin.call('cancelRun', { params: { runId: run.id } }).catch(() => undefined);
}

async function killFromTimeToTime(): Promise<void> {
  const names = Object.keys(kills);
  // By turns, so that each has its share; where in the life of a run it comes is chance.
  for (let turn = 0; await untilTime(randomBelow(2 * Number(values['kill-every']) * 1000)); turn++) {
    const name = names[turn % names.length] ?? '';
    // Its process may be on its way back from the last time.
    await Promise.resolve(kills[name]?.()).catch(() => undefined);
    killed.set(name, (killed.get(name) ?? 0) + 1);
  }
}

async function sampleFromTimeToTime(): Promise<void> {
  while (await untilTime(sampleEveryMs)) {
    const pids = { 'control plane': controlPlane.pid, 'the hosts, all of them': hosts.pid ?? 0 };
    for (const [name, pid] of Object.entries(pids)) {
      const { memoryMib } = costOf(pid);
      if (memoryMib > 0) memory.set(name, [...(memory.get(name) ?? []), memoryMib]);
    }
  }
}

/** False when all runs are started. */
async function untilTime(ms: number): Promise<boolean> {
  return await delay(ms, true, { signal: ending.signal }).catch(() => false);
}

async function listRuns(status?: Run['status']): Promise<Run[]> {
  const all: Run[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await admin.call('listRuns', {
      query: { limit: 200, ...(status ? { status } : {}), ...(cursor ? { cursor } : {}) },
    });
    all.push(...page.items);
    if (!page.nextCursor) return all;
    cursor = page.nextCursor;
  }
}

async function print(): Promise<void> {
  const all = await listRuns();
  const lived = new Map(await ask<[RunId, Lived][]>({ do: 'tell what lived' }));
  const found: string[] = [];
  const counts = { lost: 0, doubled: 0, 'status right': 0, 'log complete': 0 };
  for (const runId of answered) if (!all.some(({ id }) => id === runId)) found.push(`${runId} is not there any more`);
  counts.lost += found.length;
  for (const run of all) {
    const known = lived.get(run.id) ?? { starts: 0, exitCode: null, lines: 0 };
    const log = await admin.call('getRunLog', { params: { runId: run.id }, query: { after: 0 } });
    const faults = {
      lost: isActive(run.status) || (known.starts === 0 && run.status !== 'canceled'),
      doubled: known.starts > 1,
      status: !isRightlyTold(run, known),
      log:
        log.lines.length !== known.lines || !log.lines.every(({ text }, index) => text === lineOf(run.id, index + 1)),
    };
    if (faults.lost) counts.lost++;
    if (faults.doubled) counts.doubled++;
    if (!faults.status) counts['status right']++;
    if (!faults.log) counts['log complete']++;
    const names = Object.entries(faults).flatMap(([name, isThere]) => (isThere ? [name] : []));
    if (names.length > 0)
      found.push(
        `${run.id}: ${names.join(', ')}; ${run.status} with ${run.exitCode}, ${log.lines.length} lines; it had ${JSON.stringify(known)}`,
      );
  }
  const minutes = ((Date.now() - began) / 60_000).toFixed(1);
  console.log(`\n${all.length} runs on ${hostIds.length} hosts in ${minutes} minutes`);
  console.log(
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', '),
  );
  console.log(`\nkilled: ${[...killed].map(([name, count]) => `${name} ${count} times`).join('; ')}`);
  console.log('\nmemory, MiB, median of the first, second and last third, and the most');
  for (const [name, samples] of memory) {
    const third = Math.ceil(samples.length / 3);
    const parts = [0, 1, 2].map((part) => medianOf(samples.slice(part * third, (part + 1) * third)));
    console.log(
      `  ${name.padEnd(28)}${parts.map((mib) => String(mib).padStart(6)).join('')}${String(Math.max(...samples)).padStart(8)}`,
    );
  }
  for (const fault of found) console.log(`  ${fault}`);
  process.exitCode = found.length > 0 ? 1 : 0;
}

function isRightlyTold(run: Run, { starts, exitCode, lines }: Lived): boolean {
  if (run.exitCode !== exitCode) return false;
  if (run.status === 'canceled') return starts === 0 || exitCode === 143;
  return lines === linesOfRun && run.status === (exitCode === 0 ? 'succeeded' : 'failed');
}

function medianOf(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
