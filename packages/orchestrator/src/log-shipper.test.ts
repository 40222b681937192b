import { createSecretMask, type LogLine, type LogPosition, notOfHost, RunId, type SecretMask } from '@bigeye/contracts';
import type { ContainerRunner } from '@bigeye/host-kit';
import { createFakeHostApi } from '@bigeye/testkit';
import { expect, test } from 'vitest';
import { createHostApi } from './host-api.ts';
import { inChunks } from './in-chunks.ts';
import { linesAfter, shipLog, withinCap } from './log-shipper.ts';

const runId = RunId.parse('run_00000000000000000001');
const line = (at: string, text: string): LogLine => ({ at, stream: 'stdout', text });
const position = (lastTime: string | null, linesAtLastTime: number): LogPosition => ({
  nextSequence: 2,
  lastTime,
  linesAtLastTime,
  lines: 9,
  bytes: 9,
});

async function* streamOf(lines: LogLine[]) {
  yield* lines;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}
/** Hides nothing, but is a place at which something can happen in the middle of a log. */
const whenAsked = (act: () => void): SecretMask => ({
  ...createSecretMask([]),
  find: () => {
    act();
    return [];
  },
});
const textsOf = async (lines: AsyncIterable<LogLine>) => (await collect(lines)).map(({ text }) => text);

test('several lines of one instant: only those that are stored are left out', async () => {
  const log = [line('t1', 'a'), line('t1', 'b'), line('t1', 'c'), line('t2', 'd')];
  expect(await textsOf(linesAfter(streamOf(log), position('t1', 2)))).toEqual(['c', 'd']);
  expect(await textsOf(linesAfter(streamOf(log), position(null, 0)))).toEqual(['a', 'b', 'c', 'd']);
  expect(await textsOf(linesAfter(streamOf(log.slice(0, 3)), position('t1', 3)))).toEqual([]);
});

test('stored lines that the engine has no more leave a visible mark where the gap is', async () => {
  const lines = await collect(linesAfter(streamOf([line('t5', 'later')]), position('t1', 1)));
  expect(lines.map(({ stream }) => stream)).toEqual(['system', 'stdout']);
});

test('the cap of a log is filled exactly, and its end says how much was left out', async () => {
  const log = [line('t1', 'aaaa'), line('t2', 'bbbb'), line('t3', 'c'), line('t4', 'dd')];
  const nothing = { bytes: 0, lines: 0 };
  const marked = await collect(withinCap(streamOf(log), nothing, { bytes: 10, lines: 99 }, false));
  expect(marked.map(({ text }) => text)).toEqual([
    ...['aaaa', 'bbbb'],
    "2 more lines (5 bytes) were left out: a run's log is kept up to 10 bytes, 99 lines.",
  ]);
  expect(await textsOf(withinCap(streamOf(log), nothing, { bytes: 15, lines: 99 }, false))).toHaveLength(4);
  expect(await textsOf(withinCap(streamOf(log), nothing, { bytes: 10, lines: 99 }, true))).toEqual(['aaaa', 'bbbb']);
  expect(await textsOf(withinCap(streamOf(log), { bytes: 0, lines: 5 }, { bytes: 99, lines: 6 }, true))).toEqual([
    'aaaa',
  ]);
  // The control plane takes these two lines of ours, word for word.
  const gap = await collect(linesAfter(streamOf([line('t5', 'later')]), position('t1', 1)));
  expect(notOfHost({ lines: [...marked, ...gap] })).toBeUndefined();
});

test('chunks are cut by number, by size and by time', async () => {
  const log = ['a', 'b', 'c', 'd', 'e'].map((text) => line('t', text));
  const sizes = async (limits: Parameters<typeof inChunks>[1]) =>
    (await collect(inChunks(streamOf(log), limits))).map(({ length }) => length);
  expect(await sizes({ lines: 2, bytes: 99, gatherMs: 99, apartMs: 99 })).toEqual([2, 2, 1]);
  expect(await sizes({ lines: 99, bytes: 3, gatherMs: 99, apartMs: 99 })).toEqual([3, 2]);
  const handedOn = Promise.withResolvers<void>();
  async function* slowly() {
    yield line('t', 'now');
    await handedOn.promise;
    yield line('t', 'later');
  }
  const chunks = [];
  for await (const chunk of inChunks(slowly(), { lines: 99, bytes: 99, gatherMs: 10, apartMs: 20 })) {
    chunks.push(chunk.map(({ text }) => text));
    handedOn.resolve();
  }
  expect(chunks).toEqual([['now'], ['later']]);
});

test('the first line is handed on at once, and those that follow closely go together', async () => {
  const given = Promise.withResolvers<void>();
  async function* burst() {
    yield line('t', 'first');
    await given.promise;
    for (const text of ['a', 'b', 'c']) yield line('t', text);
    await given.promise;
  }
  const chunks = [];
  // Were it gathered for as long as chunks are apart, the first would come with the others, or never.
  for await (const chunk of inChunks(burst(), { lines: 99, bytes: 99, gatherMs: 1, apartMs: 100 })) {
    chunks.push(chunk.map(({ text }) => text));
    given.resolve();
  }
  expect(chunks).toEqual([['first'], ['a', 'b', 'c']]);
});

test('a mark of ours never ends a chunk before the line it stands before', async () => {
  const log: LogLine[] = [{ at: 't', stream: 'system', text: 'gap' }, line('t', 'a')];
  expect(await collect(inChunks(streamOf(log), { lines: 1, bytes: 99, gatherMs: 99, apartMs: 99 }))).toEqual([log]);
});

/** An engine whose log stream breaks off after every few lines, with the container ended all along. */
function breakingEngine(log: LogLine[], every: number): ContainerRunner {
  let reads = 0;
  const state = { phase: 'exited', exitCode: 0, outOfMemory: false, startedAt: '', finishedAt: '' };
  return {
    findContainer: async () => ({ id: 'x', name: 'n', runId, state: reads > 40 ? state : { phase: 'running' } }),
    readLog: async function* (_name: string, { since }: { since?: string }) {
      reads++;
      const wanted = log.filter(({ at }) => since === undefined || at >= since);
      yield* reads > 40 ? wanted : wanted.slice(0, every);
    },
  } as unknown as ContainerRunner;
}

test('a stream that breaks off again and again, and answers that get lost, neither lose nor repeat a line', async () => {
  // Three lines share each instant, so that every resumption falls into the middle of one.
  const log = Array.from({ length: 60 }, (_, n) => line(`t${String(Math.floor(n / 3)).padStart(3, '0')}`, `line ${n}`));
  const api = createFakeHostApi();
  api.addRun(runId);
  let seen = 0;
  const mask = whenAsked(() => {
    if (seen++ % 11 === 0) api.loseNextAnswer = true;
  });
  const deps = { runner: breakingEngine(log, 7), hostApi: createHostApi(api.client) };
  await shipLog(deps, { runId, containerName: 'n', mask, onFirstLine: () => {} }, AbortSignal.timeout(15_000));
  expect(api.run(runId).lines).toEqual(log);
});

test('a chunk of an earlier attempt that comes first neither costs nor doubles a line', async () => {
  const log = ['a', 'b', 'c', 'd'].map((text, n) => line(`t${n}`, text));
  const api = createFakeHostApi();
  api.addRun(runId);
  const engine = breakingEngine(log, 3);
  let overtaken = false;
  const mask = whenAsked(() => {
    if (!overtaken)
      void api.client.call('putLogChunk', { params: { runId, sequence: 1 }, body: { lines: log.slice(0, 2) } });
    overtaken = true;
  });
  const deps = { runner: engine, hostApi: createHostApi(api.client) };
  await shipLog(deps, { runId, containerName: 'n', mask, onFirstLine: () => {} }, AbortSignal.timeout(15_000));
  expect(api.run(runId).lines).toEqual(log);
});

test('a line that the control plane does not take is named where it is missing, and every other one comes', async () => {
  // The time of a line is the one thing in it that comes from the engine as it is.
  const strange = `t001${'9'.repeat(40)}`;
  const log = [line('t000', 'before'), line(strange, 'strange'), line('t002', 'after')];
  const api = createFakeHostApi();
  api.addRun(runId);
  const deps = { runner: breakingEngine(log, 1), hostApi: createHostApi(api.client) };
  const shipment = { runId, containerName: 'n', mask: createSecretMask([]), onFirstLine: () => {} };
  await shipLog(deps, shipment, AbortSignal.timeout(15_000));
  const { lines } = api.run(runId);
  expect(lines.map(({ text }) => text)).toEqual([
    'before',
    'A line of 7 bytes is missing here: the control plane did not take it (INVALID_INPUT).',
    'after',
  ]);
  expect(notOfHost({ lines })).toBeUndefined();
});

test.each([0, 1, 2, 3, 4])('a log taken to be unsent of which %i lines are stored is stored once', async (stored) => {
  const log = ['a', 'b', 'c', 'd'].map((text, n) => line(`t${n}`, text));
  const api = createFakeHostApi();
  api.addRun(runId);
  for (const [n, one] of log.slice(0, stored).entries())
    await api.client.call('putLogChunk', { params: { runId, sequence: n + 1 }, body: { lines: [one] } });
  const deps = { runner: breakingEngine(log, 3), hostApi: createHostApi(api.client) };
  const shipment = { runId, containerName: 'n', mask: createSecretMask([]), onFirstLine: () => {}, isUnsent: true };
  await shipLog(deps, shipment, AbortSignal.timeout(15_000));
  expect(api.run(runId).lines).toEqual(log);
});
