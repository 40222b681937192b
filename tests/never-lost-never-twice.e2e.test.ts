import type { RunId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlaneProcess,
  docker,
  requireBuilt,
  startControlPlaneProcess,
} from './support/control-plane-process.ts';
import { buildTestAgent, type RealHost, registerRealHost, testAgentImage } from './support/real-host.ts';

/** Whatever dies in the middle of a run, it ends with its true status and its whole log. */

let controlPlane: ControlPlaneProcess;
let host: RealHost;
const lines = 200;

beforeAll(async () => {
  requireBuilt();
  buildTestAgent();
  controlPlane = await startControlPlaneProcess();
  host = await registerRealHost(controlPlane, `chaos-${process.pid}`, testAgentImage);
  host.addOrder('succeeds', { mode: 'lines', count: lines, everyMs: 40, exitCode: 0 });
  host.addOrder('fails', { mode: 'lines', count: lines, everyMs: 40, exitCode: 3 });
  host.addOrder('stubborn', { mode: 'stubborn' });
  host.addOrder('goes-on', { mode: 'lines', count: 2 * lines, everyMs: 60, exitCode: 3 });
}, 240_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
});

async function wholeLog(runId: RunId): Promise<string[]> {
  const texts: string[] = [];
  let after = 0;
  await until(async () => {
    const page = await controlPlane.admin.call('getRunLog', { params: { runId }, query: { after } });
    texts.push(...page.lines.map((line) => line.text));
    after = page.nextAfter;
    return page.complete;
  });
  return texts;
}

const expected = Array.from({ length: lines }, (_, i) => `line ${i + 1}`);

async function untilLogged(runId: RunId, count: number): Promise<void> {
  await expect
    .poll(async () => (await controlPlane.admin.call('getRun', { params: { runId } })).logLines, { timeout: 60_000 })
    .toBeGreaterThan(count);
}

const containersOf = (runId: RunId) =>
  docker('ps', '-aq', '--filter', `label=com.bigeye.run.id=${runId}`).split('\n').filter(Boolean);

/** How many lines the agent has printed, stored by the control plane or not. */
const saidBy = (container: string) => docker('logs', container).split('\n').length;

/** Each function is given the container of the run that is going on. */
const deaths: [string, (container: string) => Promise<void>][] = [
  ['nothing', async () => undefined],
  [
    'the control plane, with its Temporal,',
    async (container) => {
      await controlPlane.kill();
      const before = saidBy(container);
      await until(() => saidBy(container) > before + 30);
      await controlPlane.start();
    },
  ],
  ['Temporal', async () => void process.kill(controlPlane.temporalPid(), 'SIGKILL')],
  [
    'the orchestrator',
    async () => {
      const pid = docker('inspect', '-f', '{{.State.Pid}}', host.containerOf('bigeye-agent-orchestrator'));
      process.kill(Number(pid), 'SIGKILL');
    },
  ],
  [
    'the guard',
    async () => {
      const pid = docker('inspect', '-f', '{{.State.Pid}}', host.containerOf('docker-socket-proxy'));
      process.kill(Number(pid), 'SIGKILL');
    },
  ],
  [
    'the orchestrator, stopped in order,',
    async () => void docker('restart', '-t', '20', host.containerOf('bigeye-agent-orchestrator')),
  ],
];

test.each(deaths)('when %s dies, a run in the middle still succeeds, once, with every line', async (_, kill) => {
  const run = await host.start('succeeds');
  await untilLogged(run.id, 20);
  const [container = 'none'] = containersOf(run.id);
  await kill(container);
  const ended = await controlPlane.finished(run.id);
  expect(ended).toMatchObject({ status: 'succeeded', exitCode: 0, outcome: { message: `${lines} lines` } });
  const log = await wholeLog(run.id);
  expect(log.slice(0, lines)).toEqual(expected);
  expect(log).toHaveLength(lines + 1);
  expect(container).not.toBe('none');
  await expect.poll(() => containersOf(run.id)).toEqual([]);
});

test('a run that ended while the orchestrator was down is reported with its true exit code and log', async () => {
  const run = await host.start('fails');
  await untilLogged(run.id, 20);
  const orchestrator = host.containerOf('bigeye-agent-orchestrator');
  docker('stop', '-t', '5', orchestrator);
  await expect
    .poll(() => docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${run.id}`), { timeout: 30_000 })
    .toBe('');
  docker('start', orchestrator);
  const ended = await controlPlane.finished(run.id);
  expect(ended).toMatchObject({ status: 'failed', exitCode: 3, failure: { code: 'CREDENTIALS_REFUSED' } });
  expect((await wholeLog(run.id)).slice(0, lines)).toEqual(expected);
});

test('a cancel reaches the agent, and the run ends canceled with what it had said', async () => {
  const run = await host.start('succeeds');
  await untilLogged(run.id, 5);
  const asked = Date.now();
  await controlPlane.admin.call('cancelRun', { params: { runId: run.id } });
  const ended = await controlPlane.finished(run.id);
  expect(ended.status).toBe('canceled');
  expect(Date.now() - asked).toBeLessThan(15_000);
  const log = await wholeLog(run.id);
  expect(log.slice(0, 5)).toEqual(expected.slice(0, 5));
  expect(containersOf(run.id)).toEqual([]);
});

test('an orchestrator that was killed takes its run up at once when it is back, and a cancel just then stops it', async () => {
  const run = await host.start('succeeds');
  await untilLogged(run.id, 5);
  const [container = ''] = containersOf(run.id);
  const orchestrator = host.containerOf('bigeye-agent-orchestrator');
  const startedAt = () => docker('inspect', '-f', '{{.State.StartedAt}} {{.State.Running}}', orchestrator);
  const before = startedAt();
  process.kill(Number(docker('inspect', '-f', '{{.State.Pid}}', orchestrator)), 'SIGKILL');
  await until(() => startedAt() !== before && startedAt().endsWith('true'));
  await controlPlane.admin.call('cancelRun', { params: { runId: run.id } });
  const ended = await controlPlane.finished(run.id);
  expect(ended).toMatchObject({ status: 'canceled', exitCode: 143 });
  expect(containersOf(run.id)).not.toContain(container);
  const [result, ...said] = (await wholeLog(run.id)).reverse();
  expect(result).toContain('"exitCode":143');
  expect(said.reverse()).toEqual(expected.slice(0, said.length));
});

test('a cancel while the orchestrator is down takes effect when it is back, and not before it is true', async () => {
  const run = await host.start('succeeds');
  await untilLogged(run.id, 5);
  const orchestrator = host.containerOf('bigeye-agent-orchestrator');
  docker('stop', '-t', '5', orchestrator);
  await controlPlane.admin.call('cancelRun', { params: { runId: run.id } });
  try {
    await expect
      .poll(async () => (await controlPlane.admin.call('getRun', { params: { runId: run.id } })).waitingFor, {
        timeout: 30_000,
      })
      .toContain('only it can say that the container stopped');
  } finally {
    docker('start', orchestrator);
  }
  const ended = await controlPlane.finished(run.id);
  expect(['canceled', 'succeeded']).toContain(ended.status);
  expect(ended.exitCode).toBe(ended.status === 'canceled' ? 143 : 0);
  expect(containersOf(run.id)).toEqual([]);
});

test('an agent that ignores SIGTERM is killed after the grace time of its job', async () => {
  const run = await host.start('stubborn', { cancelGraceSeconds: 1 });
  await expect
    .poll(async () => (await controlPlane.admin.call('getRun', { params: { runId: run.id } })).status)
    .toBe('running');
  await controlPlane.admin.call('cancelRun', { params: { runId: run.id } });
  expect(await controlPlane.finished(run.id)).toMatchObject({ status: 'canceled', exitCode: 137 });
});

test('a run over its time limit is stopped and says so', async () => {
  const run = await host.start('succeeds', { runTimeoutSeconds: 2, cancelGraceSeconds: 1 });
  expect(await controlPlane.finished(run.id)).toMatchObject({
    status: 'timed_out',
    failure: { code: 'RUN_TIMED_OUT' },
  });
});

test('a run for a host that stays away fails as HOST_OFFLINE', async () => {
  const orchestrator = host.containerOf('bigeye-agent-orchestrator');
  docker('stop', '-t', '5', orchestrator);
  try {
    const run = await host.start('succeeds', { startTimeoutSeconds: 5 });
    expect(await controlPlane.finished(run.id)).toMatchObject({ status: 'failed', failure: { code: 'HOST_OFFLINE' } });
  } finally {
    docker('start', orchestrator);
  }
});

test('a job whose connection the host does not have says what to type there', async () => {
  const run = await host.start('nowhere');
  const ended = await controlPlane.finished(run.id);
  expect(ended.failure).toMatchObject({
    code: 'CONNECTION_NOT_FOUND',
    remedy: expect.stringContaining('bigeye-agent add-connector -c postgres'),
  });
});

/** `compose down`, with the flags given, while an agent is in the middle of its lines; what it says of itself. */
async function takeDown(order: string, ...flags: string[]) {
  const run = await host.start(order);
  await untilLogged(run.id, 20);
  const down = host.cli('compose', 'down', '--json', ...flags);
  expect(down.status, down.stderr).toBe(0);
  return { runId: run.id, said: JSON.parse(down.stdout), warned: down.stderr };
}

async function bringBack(): Promise<void> {
  const sync = host.cli('sync');
  expect(sync.status, sync.stderr).toBe(0);
}

test('compose down stops the agents too, and the control plane has heard how they ended when it returns', async () => {
  const { runId, said } = await takeDown('goes-on');
  try {
    expect(said).toMatchObject({ runsStopped: 1, runsUntold: 0, runsLeft: 0 });
    expect(containersOf(runId)).toEqual([]);
    const run = await controlPlane.admin.call('getRun', { params: { runId } });
    expect(run).toMatchObject({ status: 'canceled', exitCode: 143, cancelRequestedAt: null });
    const { events } = await controlPlane.admin.call('getRunTimeline', { params: { runId } });
    expect(events.find(({ kind }) => kind === 'exited')?.detail).toContain('stopped on its host by the operator');
    expect((await wholeLog(runId)).at(-1)).toContain('"exitCode":143');
  } finally {
    await bringBack();
  }
});

test('compose down --leave-runs says how many go on; they end as they end', async () => {
  const { runId, said } = await takeDown('goes-on', '--leave-runs');
  expect(said).toMatchObject({ runsStopped: 0, runsLeft: 1 });
  expect(docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${runId}`)).not.toBe('');
  await bringBack();
  expect(await controlPlane.finished(runId)).toMatchObject({ status: 'failed', exitCode: 3 });
  expect(await wholeLog(runId)).toHaveLength(2 * lines + 1);
});

test('compose down stops them also where the orchestrator is gone, and they end as canceled when it is back', async () => {
  const orchestrator = host.containerOf('bigeye-agent-orchestrator');
  const run = await host.start('goes-on');
  await untilLogged(run.id, 20);
  docker('stop', '-t', '5', orchestrator);
  const down = host.cli('compose', 'down', '--json');
  expect(JSON.parse(down.stdout)).toMatchObject({ runsStopped: 1, runsUntold: 1, runsLeft: 0 });
  expect(down.stderr).toContain('The control plane has not heard how 1 run ended');
  await bringBack();
  expect(await controlPlane.finished(run.id)).toMatchObject({ status: 'canceled', exitCode: 143 });
  expect((await wholeLog(run.id)).at(-1)).toContain('"exitCode":143');
});
