// What a person who looks at a run waits for, on a real host in real containers: how soon a cancel reaches the agent, a
// restarted orchestrator follows its runs again, a silent host is shown offline, and a line is there to be read; then many
// runs at once on one host, each log of which must be whole. It needs what script/build.ts builds.
//   node bench/runs/main.ts [--cancels 20] [--restarts 5] [--offline 3] [--lines 20] [--at-once 70,200]
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isActive, type Run, type RunId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { lineOf } from '../../tests/chaos/agent/line-of.ts';
import { buildChaosAgent, chaosAgentImage } from '../../tests/chaos/chaos-host.ts';
import { docker, requireBuilt, startControlPlaneProcess } from '../../tests/support/control-plane-process.ts';
import { registerRealHost } from '../../tests/support/real-host.ts';
import { figuresOf, printRow } from '../lists/figures.ts';

const { values } = parseArgs({
  options: {
    cancels: { type: 'string', default: '20' },
    restarts: { type: 'string', default: '5' },
    offline: { type: 'string', default: '3' },
    /** Runs of which the first line and the steady ones are timed. */
    lines: { type: 'string', default: '20' },
    'at-once': { type: 'string', default: '70,200' },
  },
});
/** So many lines does each of the runs at once say. */
const linesAtOnce = 100;
const lookEveryMs = 10;

requireBuilt();
buildChaosAgent();
await using stack = new AsyncDisposableStack();
const controlPlane = stack.use(await startControlPlaneProcess());
const host = stack.use(await registerRealHost(controlPlane, `bench-${process.pid}`, chaosAgentImage));
host.addOrder('stamped', { count: 10_000, everyMs: 100, exitCode: 0, stamped: true });
host.addOrder('at-once', { count: linesAtOnce, everyMs: 50, exitCode: 0 });
giveSlots(63);
const { admin } = controlPlane;
const orchestrator = host.containerOf('bigeye-agent-orchestrator');
const runOf = (runId: RunId) => admin.call('getRun', { params: { runId } });
const cancel = (runId: RunId) => admin.call('cancelRun', { params: { runId } });

console.log(`load before: ${loadavg()[0]?.toFixed(1)}\n\n${'milliseconds'.padEnd(64)}     p50     p95`);
await measure('cancel → SIGTERM', Number(values.cancels), timeCancel);
const delays = { first: [] as number[], steady: [] as number[] };
for (let run = 0; run < Number(values.lines); run++) await timeLines(delays);
printRow(`first line said → readable, ${delays.first.length} runs`, figuresOf(delays.first));
printRow(`line said → readable, ${delays.steady.length} lines`, figuresOf(delays.steady));
await measure('orchestrator killed → a line said after that is readable', Number(values.restarts), timeRestart);
await measure('host falls silent → shown offline', Number(values.offline), timeOffline);
for (const count of values['at-once'].split(',').filter(Boolean).map(Number)) await runAtOnce(count);
console.log(`\nload after: ${loadavg()[0]?.toFixed(1)}`);

/** As its operator would. */
function giveSlots(count: number): void {
  const file = join(host.home, 'bigeye_agent.yml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('\norchestrator:\n', `\norchestrator:\n  slots: ${count}\n`));
  const { status, stderr } = host.cli('sync');
  if (status !== 0) throw new Error(stderr);
}

async function measure(name: string, times: number, time: () => Promise<number>): Promise<void> {
  const ms: number[] = [];
  for (let turn = 0; turn < times; turn++) ms.push(await time());
  if (times > 0) printRow(`${name}, ${times} times`, figuresOf(ms));
}

/** A run that says when it says each line, once it has said one. */
async function startTalking(): Promise<Run> {
  const run = await host.start('stamped');
  await until(async () => (await runOf(run.id)).logLines > 0, { timeoutMs: 60_000 });
  return run;
}

async function stop(run: Run): Promise<void> {
  await cancel(run.id);
  await controlPlane.finished(run.id);
}

/** The engine says when it sent the signal. */
async function timeCancel(): Promise<number> {
  const run = await startTalking();
  const filters = ['event=kill', `label=com.bigeye.run.id=${run.id}`].flatMap((filter) => ['--filter', filter]);
  const events = spawn('docker', ['events', '--since', '0s', ...filters, '--format', '{{.TimeNano}}']);
  const killed = new Promise<number>((resolve) => {
    createInterface({ input: events.stdout }).once('line', (nanoseconds) => resolve(Number(nanoseconds) / 1e6));
  });
  const began = Date.now();
  await cancel(run.id);
  const ms = (await killed) - began;
  events.kill();
  await controlPlane.finished(run.id);
  return ms;
}

/** Each line is the time at which it was said. */
async function timeLines({ first, steady }: typeof delays): Promise<void> {
  const run = await host.start('stamped');
  const wanted = 21;
  for (let after = 0; after < wanted; await delay(lookEveryMs)) {
    const page = await admin.call('getRunLog', { params: { runId: run.id }, query: { after } });
    const now = Date.now();
    for (const [index, { text }] of page.lines.entries())
      (after + index === 0 ? first : steady).push(now - Number(text));
    after = page.nextAfter;
  }
  await stop(run);
}

async function timeRestart(): Promise<number> {
  const run = await startTalking();
  const { logLines } = await runOf(run.id);
  const pid = Number(docker('inspect', '-f', '{{.State.Pid}}', orchestrator));
  process.kill(pid, 'SIGKILL');
  // After it: what was said before may have been sent already.
  const began = Date.now();
  let after = logLines;
  for (let isThere = false; !isThere; await delay(lookEveryMs)) {
    const page = await admin.call('getRunLog', { params: { runId: run.id }, query: { after } });
    isThere = page.lines.some(({ text }) => Number(text) > began);
    after = page.nextAfter;
  }
  const ms = Date.now() - began;
  await stop(run);
  return ms;
}

async function timeOffline(): Promise<number> {
  const isOnline = async () => {
    const { items } = await admin.call('listHosts', { query: { hostId: host.id } });
    return items.some(({ state }) => state === 'online');
  };
  await until(isOnline, { timeoutMs: 60_000 });
  const began = Date.now();
  docker('pause', orchestrator);
  try {
    await until(async () => !(await isOnline()), { timeoutMs: 120_000 });
    return Date.now() - began;
  } finally {
    docker('unpause', orchestrator);
  }
}

/** As many as are asked for at once; those for which there is no slot wait for one. */
async function runAtOnce(count: number): Promise<void> {
  const began = performance.now();
  const runs = await Promise.all(Array.from({ length: count }, () => host.start('at-once')));
  let most = 0;
  let ended: Run[] = [];
  const areOver = async () => {
    const all = await Promise.all(runs.map(({ id }) => runOf(id)));
    most = Math.max(most, all.filter(({ status }) => status === 'running').length);
    ended = all.filter(({ status }) => !isActive(status));
    return ended.length === count;
  };
  await until(areOver, { timeoutMs: 30 * 60_000, late: () => `only ${ended.length} of ${count} runs are over` });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const whole = (await Promise.all(runs.map(({ id }) => isWhole(id)))).filter(Boolean).length;
  const succeeded = ended.filter(({ status }) => status === 'succeeded').length;
  console.log(
    `${count} runs asked for at once, at most ${most} seen running: all over after ${seconds} s, ${succeeded} succeeded, ${whole} logs whole`,
  );
}

async function isWhole(runId: RunId): Promise<boolean> {
  const { lines } = await admin.call('getRunLog', { params: { runId }, query: { after: 0, limit: 10_000 } });
  return lines.length === linesAtOnce + 1 && lines.slice(0, -1).every(({ text }, index) => text === lineOf(index + 1));
}
