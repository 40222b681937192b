import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AppError,
  agentTypes,
  containerNameOf,
  HostId,
  JobId,
  JobSettings,
  RunId,
  type RunJobInput,
} from '@bigeye/contracts';
import {
  createJournal,
  EngineAway,
  hostHomeAt,
  loadAgentFile,
  registeredHost,
  runSlotsOf,
  stackUser,
} from '@bigeye/host-kit';
import { createLogger } from '@bigeye/service-kit';
import { createFakeContainerRunner, createFakeHostApi, type FakeContainer } from '@bigeye/testkit';
import { expect, test, vi } from 'vitest';
import { createDrainOrder } from './drain-order.ts';
import { followContainer } from './follow-container.ts';
import { createHostApi } from './host-api.ts';
import type { Attempt, HostDeps } from './host-deps.ts';
import { beatForHost } from './host-heartbeat.ts';
import { recoverRuns } from './recover-runs.ts';
import { createRunUsage } from './run-usage.ts';
import { createRunWaits } from './run-waits.ts';
import { settleStart } from './settle-start.ts';
import { createSlotClaims } from './slot-claims.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';
import { createTimelineOutbox } from './timeline-outbox.ts';

const runId = RunId.parse('run_00000000000000000001');
const name = containerNameOf(runId);
const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: '3 tables', counts: { tables: 3 } };
const settingsFile = `bigeye: {api_url: http://cp.example, agent_api_key: bigeye_agent_secret}
orchestrator: {host_id: etl-01, gateway_address: "cp:1", host_api_url: https://cp:2}
agents: {lineage_plus: {}}
connectors: {postgres: [{name: shop, host: db, database: shop, username: reader, password: hunter22}]}
`;

const inputWith = (settings: Partial<RunJobInput['settings']> = {}): RunJobInput => ({
  protocolVersion: 1,
  runId,
  jobId: JobId.parse('job_00000000000000000001'),
  hostId: HostId.parse('etl-01'),
  agentType: 'LINEAGE_PLUS',
  parameters: { connectors: ['postgres'] },
  settings: JobSettings.parse({ cancelGraceSeconds: 0, ...settings }),
});
const input = inputWith();

/** A host whose agent does what `program` says. `orchestrator()` is a new process on the same disk and engine. */
function createHost(program: (container: FakeContainer) => void, slotCount = 2) {
  const home = hostHomeAt(mkdtempSync(path.join(tmpdir(), 'host-')));
  writeFileSync(home.agentFile, settingsFile);
  const slots = runSlotsOf(home, input.hostId, slotCount);
  for (const slot of slots) for (const folder of [slot.in, slot.out]) mkdirSync(folder, { recursive: true });
  const runner = createFakeContainerRunner({
    images: [agentTypes.LINEAGE_PLUS.image],
    programs: { 'run -c postgres': program },
  });
  const api = createFakeHostApi();
  api.addRun(runId);
  const orchestrator = (boot = { id: 'first', at: new Date(0) }) => {
    const shutdown = new AbortController();
    const stopping = new AbortController();
    const log = createLogger('test', 'silent');
    const hostApi = createHostApi(api.client);
    const loadSettings = () => {
      const { settings } = loadAgentFile(home);
      return { host: registeredHost(home, settings), settings };
    };
    const timeline = createTimelineOutbox({ hostApi, log, signal: shutdown.signal });
    const deps: HostDeps = {
      hostId: input.hostId,
      home,
      loadSettings,
      user: stackUser(),
      boot,
      runner,
      hostApi,
      log,
      journal: createJournal(home.journal),
      slots: createSlotClaims(home, input.hostId),
      drain: createDrainOrder(home),
      usage: createRunUsage(home),
      followers: new Map(),
      timeline,
      waits: createRunWaits({ hostId: input.hostId, timeline, log }),
      stopRuns: stopping.signal,
      shutdown: shutdown.signal,
    };
    return { deps, shutdown, kill: () => shutdown.abort(), stopRuns: () => stopping.abort() };
  };
  const [slot] = slots as [(typeof slots)[0]];
  return { home, slot, runner, api, orchestrator, container: () => runner.containers.get(name) };
}

function createAttempt(number = 1): Attempt & { cancel(): void; lose(): void } {
  const controller = new AbortController();
  let canceled = false;
  return {
    number,
    signal: controller.signal,
    isCanceled: () => canceled,
    cancel: () => {
      canceled = true;
      controller.abort();
    },
    lose: () => controller.abort(),
  };
}

/** Returns once an attempt waits for the end of the container. */
async function untilFollowed(host: ReturnType<typeof createHost>): Promise<void> {
  await vi.waitFor(() => expect(host.runner.waiting).toContain(name));
}

const succeed = (container: FakeContainer) => {
  container.print('{"type":"progress","phase":"read","done":1}');
  container.print('password is hunter22, key bigeye_agent_secret', 'stderr');
  container.print(JSON.stringify(result));
  container.exit(0);
};
const runOn = () => {};

test('a run that goes well leaves its log, outcome, artifacts and timeline at the control plane and nothing here', async () => {
  const host = createHost((container) => {
    writeFileSync(path.join(container.spec.outFolder, 'report.json'), '{"ok":true}');
    symlinkSync(host.home.agentFile, path.join(container.spec.outFolder, 'stolen.yml'));
    expect(readFileSync(path.join(container.spec.inFolder, 'postgres.properties'), 'utf8')).toContain('hunter22');
    succeed(container);
  });
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  const end = await followContainer(deps, input, createAttempt());
  expect(end).toMatchObject({ exitCode: 0, stopped: null, outOfMemory: false });
  const stored = host.api.run(runId);
  expect(stored.lines.map(({ text }) => text)).toEqual([
    '{"type":"progress","phase":"read","done":1}',
    'password is ******, key ******',
    JSON.stringify(result),
  ]);
  expect(stored.outcome).toEqual({ message: '3 tables', counts: { tables: 3 } });
  expect([...stored.artifacts.keys()]).toEqual(['report.json']);
  const kinds = stored.timeline.map(({ kind }) => kind);
  const stations = [
    'accepted',
    'image_ready',
    'created',
    'started',
    'first_log',
    'exited',
    'log_complete',
    'reported',
    'left_out',
  ];
  expect(kinds.sort()).toEqual(stations.sort());
  expect(host.container()).toBeUndefined();
  expect(readdirSync(host.slot.in)).toEqual([]);
  expect(existsSync(host.slot.claim)).toBe(false);
});

test('the container is the one that the guard allows, and its files are for its user only', async () => {
  const host = createHost(runOn);
  await startContainer(host.orchestrator().deps, input, createAttempt());
  expect(host.container()?.spec).toMatchObject({
    name,
    runId,
    image: agentTypes.LINEAGE_PLUS.image,
    network: 'bigeye-runs-etl-01-01',
  });
  expect(host.container()?.spec).toMatchObject({ inFolder: host.slot.in, outFolder: host.slot.out });
});

test('starting twice, in two processes at once, makes one container and starts it once', async () => {
  const host = createHost(runOn);
  const starts = [1, 2, 3].map(() => startContainer(host.orchestrator().deps, input, createAttempt()));
  const times = new Set((await Promise.all(starts)).map((started) => started?.startedAt));
  expect(times.size).toBe(1);
  expect(host.runner.calls.filter((call) => call.startsWith('start'))).toEqual([`start ${name}`]);
});

test('a name that the engine keeps for a container which nobody can see yet is waited for, and its container taken', async () => {
  const host = createHost(succeed);
  const { deps } = host.orchestrator();
  let looks = 0;
  // Of another attempt at the same start, which the engine is about to carry out.
  const other = async () => await host.runner.create(specs[0] as Parameters<typeof host.runner.create>[0]);
  const specs: Parameters<typeof host.runner.create>[0][] = [];
  const runner: HostDeps['runner'] = {
    ...host.runner,
    create: async (spec) => {
      specs.push(spec);
      return 'taken';
    },
    findContainer: async (asked) => {
      if (++looks === 2) await other();
      return await host.runner.findContainer(asked);
    },
  };
  await startContainer({ ...deps, runner }, input, createAttempt());
  expect(host.runner.calls.filter((call) => call.startsWith('start'))).toEqual([`start ${name}`]);
  expect(await followContainer(deps, input, createAttempt())).toMatchObject({ exitCode: 0 });
});

test('a foreign container of that name is named, and left alone', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const other = RunId.parse('run_00000000000000000002');
  await startContainer(deps, input, createAttempt());
  const spec = host.container()?.spec;
  if (!spec) throw new Error('no container');
  await host.runner.remove(name);
  deps.journal.remove(runId);
  await host.runner.create({ ...spec, runId: other });
  await expect(startContainer(deps, input, createAttempt())).rejects.toMatchObject({ code: 'CONTAINER_NAME_TAKEN' });
  expect(host.container()?.state.phase).toBe('created');
});

test('an image that is not there and cannot be pulled fails with its reason', async () => {
  const host = createHost(runOn);
  host.runner.images.clear();
  const starting = startContainer(host.orchestrator().deps, input, createAttempt());
  await expect(starting).rejects.toMatchObject({ code: 'IMAGE_PULL_FAILED' });
});

test('a killed orchestrator loses nothing: the next one adopts the run and ships the rest, each line once', async () => {
  const host = createHost((container) => container.print('before'));
  const first = host.orchestrator();
  await startContainer(first.deps, input, createAttempt());
  const abandoned = followContainer(first.deps, input, createAttempt());
  await vi.waitFor(() => expect(host.api.run(runId).lines).toHaveLength(1));
  first.kill();
  await expect(abandoned).rejects.toThrow('the container goes on');
  expect(host.container()?.state.phase).toBe('running');

  host.container()?.print('while away');
  host.container()?.print(JSON.stringify(result));
  host.container()?.exit(7);
  const second = host.orchestrator();
  await recoverRuns(second.deps);
  const end = await followContainer(second.deps, input, createAttempt(2));
  expect(end).toMatchObject({ exitCode: 7, stopped: null });
  const stored = host.api.run(runId);
  expect(stored.lines.map(({ text }) => text)).toEqual(['before', 'while away', JSON.stringify(result)]);
  expect(stored.timeline.map(({ kind }) => kind)).toContain('adopted');
  expect(host.runner.calls.filter((call) => call.startsWith('start'))).toHaveLength(1);
});

test('a new orchestrator goes on with the log at once, before anyone hands it the run', async () => {
  const host = createHost((container) => container.print('before'));
  const first = host.orchestrator();
  await startContainer(first.deps, input, createAttempt());
  first.kill();
  const second = host.orchestrator();
  await recoverRuns(second.deps);
  host.container()?.print('after');
  await vi.waitFor(() => expect(host.api.run(runId).lines.map(({ text }) => text)).toEqual(['before', 'after']));
  const following = followContainer(second.deps, input, createAttempt(2));
  host.container()?.print('last');
  host.container()?.exit(0);
  await following;
  expect(host.api.run(runId).lines.map(({ text }) => text)).toEqual(['before', 'after', 'last']);
});

test('killed between create and start, the run is started by the next attempt, once', async () => {
  const host = createHost(succeed);
  const { deps } = host.orchestrator();
  const start = host.runner.start;
  host.runner.start = () => Promise.reject(new Error('killed here'));
  await expect(startContainer(deps, input, createAttempt())).rejects.toThrow('killed here');
  host.runner.start = start;
  await startContainer(host.orchestrator().deps, input, createAttempt(2));
  expect(host.runner.calls).toEqual([`create ${name}`, `start ${name}`]);
});

test('killed after reporting and before answering, the next attempt answers the same without a container', async () => {
  const host = createHost(succeed);
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  const end = await followContainer(deps, input, createAttempt());
  expect(await followContainer(host.orchestrator().deps, input, createAttempt(2))).toEqual(end);
  expect(await startContainer(host.orchestrator().deps, input, createAttempt(2))).toEqual({ startedAt: end.startedAt });
  expect(host.runner.calls.filter((call) => call.startsWith('create'))).toHaveLength(1);
});

test('an outcome that the control plane does not take costs neither the exit nor the run, and is told', async () => {
  const host = createHost(succeed);
  const { deps } = host.orchestrator();
  const { insist } = deps.hostApi;
  deps.hostApi.insist = (name, given, signal) => {
    const { outcome = null } = (given as { body?: { outcome?: unknown } }).body ?? {};
    if (name === 'putOutcome' && outcome !== null) return Promise.reject(new AppError('INVALID_INPUT', { issues: [] }));
    return insist(name, given, signal);
  };
  await startContainer(deps, input, createAttempt());
  expect(await followContainer(deps, input, createAttempt())).toMatchObject({ exitCode: 0 });
  const { exit, outcome, timeline } = host.api.run(runId);
  expect([exit?.exitCode, outcome]).toEqual([0, null]);
  expect(timeline).toContainEqual(
    expect.objectContaining({ kind: 'left_out', detail: 'outcome: not taken (INVALID_INPUT)' }),
  );
});

test('a cancel stops the container and is told as such; the attempt returns what happened', async () => {
  const host = createHost((container) => {
    container.onTerminate = () => {
      container.print('flushing');
      container.exit(143);
    };
  });
  const { deps } = host.orchestrator();
  const attempt = createAttempt();
  await startContainer(deps, input, createAttempt());
  const following = followContainer(deps, input, attempt);
  await untilFollowed(host);
  attempt.cancel();
  expect(await following).toMatchObject({ stopped: 'canceled', exitCode: 143 });
  expect(host.api.run(runId).lines.map(({ text }) => text)).toEqual(['flushing']);
});

test('where its operator stops the runs of a host, one that goes on ends as canceled, says by whom, and none begins', async () => {
  const host = createHost((container) => {
    container.onTerminate = () => container.exit(143);
  });
  const { deps, stopRuns } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  const following = followContainer(deps, input, createAttempt());
  await untilFollowed(host);
  stopRuns();
  expect(await following).toMatchObject({ stopped: 'canceled', exitCode: 143 });
  expect(host.api.run(runId).timeline).toContainEqual(
    expect.objectContaining({ kind: 'exited', detail: 'exit code 143, stopped on its host by the operator' }),
  );
  const other = { ...input, runId: RunId.parse('run_00000000000000000002') };
  await expect(startContainer(deps, other, createAttempt())).rejects.toThrow('starts no more');
  expect(host.runner.calls.filter((call) => call.startsWith('start '))).toEqual([`start ${name}`]);
});

test('an agent that ended before its operator stopped it is not told as stopped by him', async () => {
  const host = createHost(runOn);
  const { deps, stopRuns } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  const following = followContainer(deps, input, createAttempt());
  await untilFollowed(host);
  host.runner.stop = async () => {
    host.container()?.exit(0);
    throw new EngineAway('the connection was cut');
  };
  stopRuns();
  expect(await following).toMatchObject({ stopped: null, exitCode: 0 });
  expect(host.api.run(runId).timeline).toContainEqual(
    expect.objectContaining({ kind: 'exited', detail: 'exit code 0' }),
  );
});

/** A host whose orchestrator wrote down that it stops the run, and died before the engine did. */
async function killedInTheMiddleOfStopping() {
  const host = createHost(runOn);
  const first = host.orchestrator();
  const attempt = createAttempt();
  await startContainer(first.deps, input, createAttempt());
  const stop = host.runner.stop;
  host.runner.stop = () => new Promise(() => {});
  void followContainer(first.deps, input, attempt).catch(() => {});
  attempt.cancel();
  await vi.waitFor(() => expect(first.deps.journal.read(runId).stopping).toBe('canceled'));
  first.kill();
  host.runner.stop = stop;
  return host;
}

test('a cancel in the middle of stopping survives a restart of the orchestrator', async () => {
  const host = await killedInTheMiddleOfStopping();
  const end = await followContainer(host.orchestrator().deps, input, createAttempt(2));
  expect(end).toMatchObject({ stopped: 'canceled', exitCode: 137 });
});

test.each([
  ['before it was stopped keeps its own end', 0, null],
  ['by a signal was stopped, whoever heard of it', 143, 'canceled'],
])('an agent that ended while its orchestrator died in the middle of stopping it, %s', async (_, exitCode, stopped) => {
  const host = await killedInTheMiddleOfStopping();
  host.container()?.exit(exitCode);
  expect(await followContainer(host.orchestrator().deps, input, createAttempt(2))).toMatchObject({ exitCode, stopped });
});

test('a later attempt in the same process takes over from one that does not know it was given up', async () => {
  const host = createHost((container) => container.print('one'));
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  const earlier = followContainer(deps, input, createAttempt(1));
  await vi.waitFor(() => expect(host.api.run(runId).lines).toHaveLength(1));
  const later = followContainer(deps, input, createAttempt(2));
  await expect(earlier).rejects.toThrow('later attempt took over');
  host.container()?.print('two');
  host.container()?.exit(0);
  expect(await later).toMatchObject({ exitCode: 0 });
  expect(host.api.run(runId).lines.map(({ text }) => text)).toEqual(['one', 'two']);
});

test('an attempt that is lost lets go of the container and stops nothing', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const attempt = createAttempt();
  await startContainer(deps, input, createAttempt());
  const following = followContainer(deps, input, attempt);
  await untilFollowed(host);
  attempt.lose();
  await expect(following).rejects.toThrow();
  expect(host.container()?.state.phase).toBe('running');
  expect(host.runner.calls.filter((call) => call.startsWith('stop'))).toEqual([]);
});

test('the run timeout counts from the start of the container and stops it', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const short = inputWith({ runTimeoutSeconds: 1 });
  await startContainer(deps, short, createAttempt());
  const end = await followContainer(deps, short, createAttempt());
  expect(end.stopped).toBe('timed_out');
  const tookMs = Date.parse(end.finishedAt) - Date.parse(end.startedAt);
  expect(tookMs).toBeGreaterThanOrEqual(950);
  expect(tookMs).toBeLessThan(2_500);
});

test.each([
  ['while it ran', Date.now() - 1_000, true],
  ['long after it had ended', Date.now() + 3_600_000, undefined],
])('a restart of the machine %s is told as what it was', async (_, bootAt, hostRestarted) => {
  const host = createHost(runOn);
  const before = host.orchestrator();
  await startContainer(before.deps, input, createAttempt());
  before.kill();
  host.container()?.exit(255);
  const after = host.orchestrator({ id: 'second', at: new Date(bootAt) });
  const end = await followContainer(after.deps, input, createAttempt(2));
  expect(end).toMatchObject({ exitCode: 255 });
  expect(end.hostRestarted).toBe(hostRestarted);
});

test('an engine that is away is no verdict: the run ends as it really ended once the engine is back', async () => {
  const host = createHost((container) => container.print('one'));
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  let settled = false;
  const following = followContainer(deps, input, createAttempt()).finally(() => {
    settled = true;
  });
  await vi.waitFor(() => expect(host.api.run(runId).lines).toHaveLength(1));
  host.runner.away = true;
  host.runner.cutConnections();
  host.container()?.print('two');
  host.container()?.exit(3);
  const asked = vi.spyOn(host.runner, 'findContainer');
  await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(2), { timeout: 10_000 });
  expect(settled).toBe(false);
  host.runner.away = false;
  expect(await following).toMatchObject({ exitCode: 3, stopped: null });
  expect(host.api.run(runId).lines.map(({ text }) => text)).toEqual(['one', 'two']);
});

test('a control plane that is away delays the report and loses nothing of it', async () => {
  const host = createHost(succeed);
  const { deps } = host.orchestrator();
  host.api.away = true;
  await startContainer(deps, input, createAttempt());
  let settled = false;
  const following = followContainer(deps, input, createAttempt()).finally(() => {
    settled = true;
  });
  await vi.waitFor(() => expect(host.api.unanswered).toBeGreaterThan(3), { timeout: 10_000 });
  expect(settled).toBe(false);
  host.api.away = false;
  await following;
  expect(host.api.run(runId).lines).toHaveLength(3);
  expect(host.api.run(runId).timeline.map(({ kind }) => kind)).toContain('accepted');
});

test('a container that was removed by someone else is a loss with its name, and never run again', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  await host.runner.remove(name);
  await expect(followContainer(deps, input, createAttempt())).rejects.toMatchObject({ code: 'CONTAINER_VANISHED' });
  await expect(startContainer(deps, input, createAttempt(2))).rejects.toMatchObject({ code: 'CONTAINER_VANISHED' });
});

test('a run that ran already, and of which nothing is left here, is not run a second time', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const again = { ...input, wasStarted: true as const };
  await expect(startContainer(deps, again, createAttempt())).rejects.toMatchObject({ code: 'CONTAINER_VANISHED' });
  expect(host.runner.calls).toEqual([]);
});

test('a run that ran already is taken up again where its container goes on', async () => {
  const host = createHost(runOn);
  const { startedAt = '' } = (await startContainer(host.orchestrator().deps, input, createAttempt())) ?? {};
  const again = { ...input, wasStarted: true as const };
  expect(await startContainer(host.orchestrator().deps, again, createAttempt())).toEqual({ startedAt });
  expect(host.runner.containers.size).toBe(1);
});

test('an end that the journal holds is true also when the container was removed since', async () => {
  const host = createHost((container) => container.exit(5));
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  await recoverRuns(deps);
  await host.runner.remove(name);
  expect(await followContainer(deps, input, createAttempt(2))).toMatchObject({ exitCode: 5 });
  expect(host.api.run(runId).exit).toMatchObject({ exitCode: 5 });
});

test('a run that was canceled before its container started has none, and no later attempt starts one', async () => {
  const host = createHost(runOn);
  const attempt = createAttempt();
  attempt.cancel();
  expect(await startContainer(host.orchestrator().deps, input, attempt)).toBeNull();
  expect(await startContainer(host.orchestrator().deps, input, createAttempt(2))).toBeNull();
  expect(host.container()).toBeUndefined();
  expect(host.runner.calls.filter((call) => call.startsWith('start'))).toEqual([]);
  expect(existsSync(host.slot.claim)).toBe(false);
});

test('one that was canceled while the engine started it says so, and stopping it leaves log, outcome and exit', async () => {
  const host = createHost((container) => {
    container.print(JSON.stringify(result));
    container.onTerminate = () => container.exit(143);
  });
  const { deps } = host.orchestrator();
  const attempt = createAttempt();
  const start = host.runner.start;
  host.runner.start = async (which) => {
    await start(which);
    attempt.cancel();
  };
  expect(await startContainer(deps, input, attempt)).toMatchObject({ startedAt: expect.any(String) });
  expect(host.container()?.state.phase).toBe('running');
  const graceful = inputWith({ cancelGraceSeconds: 5 });
  expect(await stopContainer(deps, graceful, createAttempt())).toMatchObject({ stopped: 'canceled', exitCode: 143 });
  const stored = host.api.run(runId);
  expect(stored.outcome).toMatchObject({ message: '3 tables' });
  expect(stored.lines).toHaveLength(1);
  expect(stored.exit).toMatchObject({ exitCode: 143, stopped: 'canceled' });
});

test('a start that nobody heard of is settled: what began goes on, what did not never begins', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const { startedAt = '' } = (await startContainer(deps, input, createAttempt())) ?? {};
  expect(await settleStart(host.orchestrator().deps, input)).toEqual({ startedAt });
  expect(host.container()?.state.phase).toBe('running');

  const other = createHost(runOn);
  const late = other.orchestrator();
  expect(await settleStart(late.deps, input)).toBeNull();
  expect(await startContainer(late.deps, input, createAttempt(2))).toBeNull();
  expect(other.runner.calls).toEqual([]);
});

test('a start that is settled while its container is being made removes what it made', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const create = host.runner.create;
  host.runner.create = async (spec) => {
    const created = await create(spec);
    expect(await settleStart(deps, input)).toBeNull();
    host.runner.create = create;
    return created;
  };
  expect(await startContainer(deps, input, createAttempt())).toBeNull();
  expect(host.container()).toBeUndefined();
  expect(host.runner.calls.filter((call) => call.startsWith('start'))).toEqual([]);
});

test('an engine that dies in the middle of a start leaves it open until it answers again', async () => {
  const host = createHost(runOn);
  const { deps } = host.orchestrator();
  const start = host.runner.start;
  host.runner.start = async (which) => {
    await start(which);
    host.runner.away = true;
  };
  await expect(startContainer(deps, input, createAttempt())).rejects.toThrow('does not answer');
  await expect(settleStart(deps, input)).rejects.toThrow('does not answer');
  host.runner.away = false;
  expect(await settleStart(deps, input)).toMatchObject({ startedAt: expect.any(String) });
});

test('what belongs to no active run is removed at the next heartbeat, an active one is left alone', async () => {
  const host = createHost(runOn);
  const { deps, kill } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  const beating = beatForHost(deps, { everyMs: 10, onAcknowledged() {}, onRefused() {}, onRenewalDue: async () => {} });
  await vi.waitFor(() => expect(host.api.heartbeats).toBeGreaterThan(3));
  expect(host.container()?.state.phase).toBe('running');
  host.container()?.exit(0);
  host.api.endRun(runId, { status: 'succeeded' });
  await vi.waitFor(() => expect(deps.journal.listRunIds()).toEqual([]));
  expect(host.container()).toBeUndefined();
  expect(readdirSync(host.slot.out)).toEqual([]);
  kill();
  await beating;
});

test('a run that was given up unheard is told with exit, log and outcome before anything of it is removed', async () => {
  const host = createHost((container) => {
    container.print(JSON.stringify(result));
    container.onTerminate = () => container.exit(143);
  });
  const { deps, kill } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  host.api.endRun(runId, { status: 'failed', failure: 'HOST_LOST' });
  const beating = beatForHost(deps, { everyMs: 10, onAcknowledged() {}, onRefused() {}, onRenewalDue: async () => {} });
  await vi.waitFor(() => expect(deps.journal.listRunIds()).toEqual([]));
  expect(host.container()).toBeUndefined();
  const stored = host.api.run(runId);
  expect(stored.exit).toMatchObject({ exitCode: 143 });
  expect(stored.outcome).toMatchObject({ message: '3 tables' });
  expect(stored.lines).toHaveLength(1);
  expect(stored.timeline).toContainEqual(
    expect.objectContaining({ detail: 'exit code 143, stopped on its host because the run was over' }),
  );
  kill();
  await beating;
});

test('a run for which all slots are taken says so, and starts when one is free', async () => {
  const host = createHost(runOn, 1);
  const { deps } = host.orchestrator();
  const other = RunId.parse('run_00000000000000000002');
  deps.slots.claim(other);
  const starting = startContainer(deps, input, createAttempt());
  await vi.waitFor(() =>
    expect(host.api.run(runId).timeline).toContainEqual(
      expect.objectContaining({
        kind: 'waiting',
        detail: 'NO_FREE_SLOT: All 1 slots of host "etl-01" are taken by other runs.',
      }),
    ),
  );
  expect(host.container()).toBeUndefined();
  await deps.slots.release(other);
  await starting;
  expect(host.container()?.spec.inFolder).toBe(host.slot.in);
});

test('a run that waits for a slot and is canceled takes none', async () => {
  const host = createHost(runOn, 1);
  const { deps } = host.orchestrator();
  deps.slots.claim(RunId.parse('run_00000000000000000002'));
  const attempt = createAttempt();
  const starting = startContainer(deps, input, attempt);
  await vi.waitFor(() => expect(host.api.run(runId).timeline).toHaveLength(2));
  attempt.cancel();
  expect(await starting).toBeNull();
  expect(deps.slots.find(runId)).toBeUndefined();
});

const drain = { since: '2026-03-12T09:12:00.000Z', by: 'ann@example.com', note: 'kernel update' };

/** Beats until the host has said what it was told last. */
async function untilBeaten(host: ReturnType<typeof createHost>, drainedSince: string | null): Promise<void> {
  const { deps, kill } = host.orchestrator();
  const nothing = () => {};
  const beating = beatForHost(deps, {
    everyMs: 20,
    onAcknowledged: nothing,
    onRenewalDue: async () => {},
    onRefused: nothing,
  });
  await vi.waitFor(() => expect(host.api.lastBeat).toMatchObject({ drainedSince }));
  kill();
  await beating;
}

test('a drained host starts nothing new, says by whose word it waits, and goes on when it is resumed', async () => {
  const host = createHost(runOn);
  host.api.drain = drain;
  await untilBeaten(host, drain.since);
  const { deps } = host.orchestrator();
  const starting = startContainer(deps, input, createAttempt());
  const told = {
    kind: 'waiting',
    detail: expect.stringMatching(/^HOST_DRAINED: .* by ann@example\.com: kernel update\.$/),
  };
  await vi.waitFor(() => expect(host.api.run(runId).timeline).toContainEqual(expect.objectContaining(told)));
  expect(host.api.lastBeat).toMatchObject({ slots: { count: 2, heldBy: [] } });
  expect(host.container()).toBeUndefined();
  host.api.drain = null;
  await untilBeaten(host, null);
  expect(await starting).toMatchObject({ startedAt: expect.any(String) });
  expect(host.container()?.state.phase).toBe('running');
});

test('what runs on a host goes on when it is drained, and its slot is told until it is over', async () => {
  const host = createHost((container) => {
    container.onTerminate = () => container.exit(0);
  });
  const { deps } = host.orchestrator();
  await startContainer(deps, input, createAttempt());
  host.api.drain = drain;
  await untilBeaten(host, drain.since);
  expect(host.api.lastBeat?.slots?.heldBy).toEqual([runId]);
  const following = followContainer(deps, input, createAttempt());
  await untilFollowed(host);
  host.container()?.exit(0);
  expect(await following).toMatchObject({ exitCode: 0 });
  await untilBeaten(host, drain.since);
  expect(host.api.lastBeat?.slots?.heldBy).toEqual([]);
});

test('a host that was drained stays so through a restart of its orchestrator, with the control plane away', async () => {
  const host = createHost(runOn);
  host.api.drain = drain;
  await untilBeaten(host, drain.since);
  host.api.away = true;
  const attempt = createAttempt();
  const starting = startContainer(host.orchestrator().deps, input, attempt);
  await expect(starting).rejects.toMatchObject({ code: 'HOST_DRAINED', details: { hostId: 'etl-01', ...drain } });
  expect(host.container()).toBeUndefined();
}, 15_000);

test('a host with less disk free than it wants starts nothing, says how much there is and is needed, and goes on with enough', async () => {
  const host = createHost(runOn);
  const withNeeded = (mib: number) =>
    writeFileSync(
      host.home.agentFile,
      settingsFile.replace('orchestrator: {', `orchestrator: {min_free_disk_mib: ${mib}, `),
    );
  withNeeded(2 ** 30);
  await untilBeaten(host, null);
  expect(host.api.lastBeat).toMatchObject({ diskNeededBytes: 2 ** 50, diskFreeBytes: expect.any(Number) });
  const starting = startContainer(host.orchestrator().deps, input, createAttempt());
  const words =
    /^HOST_DISK_FULL: On host "etl-01" the disk of .+ has \d+ MiB free, and a run is started with 1073741824 MiB or more\.$/;
  await vi.waitFor(() =>
    expect(host.api.run(runId).timeline).toContainEqual(
      expect.objectContaining({ kind: 'waiting', detail: expect.stringMatching(words) }),
    ),
  );
  expect(host.container()).toBeUndefined();
  withNeeded(1);
  expect(await starting).toMatchObject({ startedAt: expect.any(String) });
});

test('what a run took is looked at while it runs, kept through a restart of the orchestrator, and told with its end', async () => {
  const host = createHost(runOn);
  const first = host.orchestrator();
  await startContainer(first.deps, input, createAttempt());
  const container = host.container();
  if (!container) throw new Error('no container');
  container.usage = { memoryBytes: 300, cpuSeconds: 1.5, processes: 7 };
  const lost = followContainer(first.deps, input, createAttempt()).catch(() => undefined);
  const seen = (wanted: object) => vi.waitFor(() => expect(first.deps.usage.find(runId)).toMatchObject(wanted));
  await seen({ memoryPeakBytes: 300 });
  first.kill();
  await lost;
  container.usage = { memoryBytes: 100, cpuSeconds: 2, processes: 2 };
  const { deps } = host.orchestrator();
  const following = followContainer(deps, input, createAttempt(2));
  await seen({ cpuSeconds: 2 });
  container.exit(0);
  await following;
  expect(host.api.run(runId).resources).toEqual({
    memoryPeakBytes: 300,
    cpuSeconds: 2,
    processesPeak: 7,
    readings: expect.any(Number),
    measuredUntil: expect.any(String),
  });
});

test('a run that ended before it was looked at, and one that may not be looked at, say so instead of 0', async () => {
  const quick = createHost(succeed);
  const { deps } = quick.orchestrator();
  await startContainer(deps, input, createAttempt());
  await followContainer(deps, input, createAttempt());
  expect(quick.api.run(runId).resources).toEqual({ unknown: 'not_seen' });
  const closed = createHost(runOn);
  closed.runner.readUsage = async () => 'refused';
  await startContainer(closed.orchestrator().deps, input, createAttempt());
  const following = followContainer(closed.orchestrator().deps, input, createAttempt());
  await untilFollowed(closed);
  closed.container()?.exit(0);
  await following;
  expect(closed.api.run(runId).resources).toEqual({ unknown: 'refused' });
});
