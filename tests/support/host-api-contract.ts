import { randomBytes } from 'node:crypto';
import {
  type ApiClient,
  isAppError,
  type LogLine,
  logMarks,
  type RunExit,
  RunId,
  type RunOutcome,
  runLimits,
  type TimelineEvent,
  type TimelineKind,
} from '@bigeye/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** A host API with one host, and what a test needs around it. */
export interface HostApiUnderTest {
  api: ApiClient;
  /** A run of this host, that its host has said nothing about. */
  startRun(): Promise<RunId>;
  /** Its end is recorded, and the host has no more to say about it. */
  cancel(runId: RunId): Promise<void>;
  /** A run that was given up because its host, not the one above, was away: that host may still say how it ended. */
  giveUp(): Promise<{ api: ApiClient; runId: RunId }>;
  read(runId: RunId): Promise<ReportedRun>;
}

/** What is known of a run by its host. The timeline lacks what the control plane does by itself. */
export interface ReportedRun {
  lines: LogLine[];
  timeline: TimelineEvent[];
  exitCode: number | null;
  outcome: RunOutcome | null;
  artifacts: Record<string, string>;
}

const exit: RunExit = {
  exitCode: 0,
  outOfMemory: false,
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: '2026-01-01T00:00:09.000Z',
};
const outcome: RunOutcome = { message: '3 tables', counts: { tables: 3 } };
const line = (text: string, at = 't1', stream: LogLine['stream'] = 'stdout'): LogLine => ({ at, stream, text });
const station = (kind: TimelineKind, second = 1, detail?: string): TimelineEvent => ({
  kind,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  ...(detail === undefined ? {} : { detail }),
});

/** What a host may rely on: the same promises of the real host API and of the fake one that stands in for it. */
export function promisesOfHostApi(open: () => Promise<HostApiUnderTest & AsyncDisposable>): void {
  let underTest: HostApiUnderTest & AsyncDisposable;
  beforeAll(async () => {
    underTest = await open();
  });
  afterAll(async () => {
    await underTest?.[Symbol.asyncDispose]();
  });

  const refusalOf = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return isAppError(error) ? { code: error.code, details: error.details } : error;
  };
  const put = (runId: RunId, sequence: number, lines: LogLine[], api = underTest.api) =>
    api.call('putLogChunk', { params: { runId, sequence }, body: { lines } });
  const tell = (runId: RunId, events: TimelineEvent[], api = underTest.api) =>
    api.call('postTimeline', { params: { runId }, body: { events } });
  const end = (runId: RunId, body: { exit: RunExit; outcome: RunOutcome | null }, api = underTest.api) =>
    api.call('putOutcome', { params: { runId }, body });
  const leave = (runId: RunId, name: string, text: string, api = underTest.api) =>
    api.call('putArtifact', { params: { runId, name }, rawBody: new Uint8Array(Buffer.from(text)) });
  const position = (runId: RunId) => underTest.api.call('getLogPosition', { params: { runId } });

  test('a log begins at chunk 1, and its position counts bytes with line ends and the lines of its last instant', async () => {
    const runId = await underTest.startRun();
    expect(await position(runId)).toEqual({ nextSequence: 1, lastTime: null, linesAtLastTime: 0, lines: 0, bytes: 0 });
    const first = await put(runId, 1, [line('a'), line('ü', 't2'), line('b', 't2', 'stderr')]);
    expect(first).toEqual({ nextSequence: 2, lastTime: 't2', linesAtLastTime: 2, lines: 3, bytes: 7 });
    const second = await put(runId, 2, [line('c', 't2'), line(logMarks.gap, 't2', 'system')]);
    expect(second).toMatchObject({ nextSequence: 3, lastTime: 't2', linesAtLastTime: 3, lines: 5 });
    expect(await put(runId, 3, [line('', 't3')])).toMatchObject({ lastTime: 't3', linesAtLastTime: 1, lines: 6 });
    expect(await position(runId)).toEqual({
      nextSequence: 4,
      lastTime: 't3',
      linesAtLastTime: 1,
      lines: 6,
      bytes: 7 + 2 + logMarks.gap.length + 1 + 1,
    });
    expect((await underTest.read(runId)).lines.map(({ text }) => text)).toEqual(['a', 'ü', 'b', 'c', logMarks.gap, '']);
  });

  test('a chunk that is stored stays as it is, one too far on is refused with the number that is wanted', async () => {
    const runId = await underTest.startRun();
    const at = await put(runId, 1, [line('a')]);
    expect(await put(runId, 1, [line('changed'), line('more')])).toEqual(at);
    expect(await refusalOf(put(runId, 3, [line('c')]))).toEqual({
      code: 'LOG_CHUNK_OUT_OF_ORDER',
      details: { expected: 2, received: 3 },
    });
    await Promise.all([1, 2, 3].map(() => put(runId, 2, [line('b')])));
    expect((await underTest.read(runId)).lines).toEqual([line('a'), line('b')]);
  });

  test('what the schemas do not take is refused, with the place of each fault', async () => {
    const runId = await underTest.startRun();
    const places = async (call: Promise<unknown>) => {
      const refusal = (await refusalOf(call)) as { code: string; details: { issues: { path: string }[] } };
      return [refusal.code, ...(refusal.details?.issues ?? []).map(({ path }) => path)];
    };
    expect(await places(put(runId, 0, [line('a')]))).toEqual(['INVALID_INPUT', 'path.sequence']);
    expect(await places(put(runId, 1, []))).toEqual(['INVALID_INPUT', 'lines']);
    expect(await places(put('run_x' as RunId, 0, []))).toEqual([
      'INVALID_INPUT',
      'path.runId',
      'path.sequence',
      'lines',
    ]);
    const long = line('x'.repeat(runLimits.logLineCharacters + 1));
    expect(await places(put(runId, 1, [line('a'), long]))).toEqual(['INVALID_INPUT', 'lines.1.text']);
    const tooMuch = Array.from({ length: 32 }, () => line('x'.repeat(runLimits.logLineCharacters)));
    expect(await places(put(runId, 1, tooMuch))).toEqual(['INVALID_INPUT', 'lines']);
    expect(await places(tell(runId, []))).toEqual(['INVALID_INPUT', 'events']);
    expect(await places(tell(runId, [{ ...station('started'), at: 'noon' }]))).toContain('events.0.at');
    expect(await places(end(runId, { exit, outcome: { message: 'a\0', counts: {} } }))).toContain('outcome.message');
    expect(await places(leave(runId, '.hidden', 'x'))).toEqual(['INVALID_INPUT', 'path.name']);
    expect(await underTest.read(runId)).toMatchObject({ lines: [], timeline: [], outcome: null, artifacts: {} });
  });

  test('a run that is not of this host is not found, whatever is said of it', async () => {
    const runId = RunId.parse(`run_${randomBytes(10).toString('hex')}`);
    for (const call of [
      () => position(runId),
      () => put(runId, 1, [line('a')]),
      () => tell(runId, [station('started')]),
      () => end(runId, { exit, outcome }),
      () => leave(runId, 'a.txt', 'x'),
    ])
      expect(await refusalOf(call())).toEqual({ code: 'RUN_NOT_FOUND', details: { runId } });
  });

  test('a host cannot speak for the control plane or for people, and then nothing of what it sent is taken', async () => {
    const runId = await underTest.startRun();
    for (const event of [station('finished'), station('cancel_requested'), station('exited', 1, 'canceled by admin')])
      expect(await refusalOf(tell(runId, [station('accepted'), event]))).toMatchObject({ code: 'NOT_FOR_HOST_TO_SAY' });
    const forged = [line('a'), line('canceled by admin', 't1', 'system')];
    expect(await refusalOf(put(runId, 1, forged))).toMatchObject({ code: 'NOT_FOR_HOST_TO_SAY' });
    expect(await underTest.read(runId)).toMatchObject({ lines: [], timeline: [] });
  });

  test('a station is kept once for each time it happened', async () => {
    const runId = await underTest.startRun();
    const once = [station('accepted'), station('started', 2)];
    await tell(runId, once);
    await tell(runId, once);
    await tell(runId, [station('adopted', 3, 'attempt 2'), station('adopted', 4, 'attempt 3')]);
    const { timeline } = await underTest.read(runId);
    expect(timeline.map(({ kind, detail }) => [kind, detail])).toEqual([
      ['accepted', undefined],
      ['started', undefined],
      ['adopted', 'attempt 2'],
      ['adopted', 'attempt 3'],
    ]);
  });

  test('while a run is active the last word on its outcome and its files counts', async () => {
    const runId = await underTest.startRun();
    await end(runId, { exit: { ...exit, exitCode: 3 }, outcome: null });
    expect(await underTest.read(runId)).toMatchObject({ exitCode: 3, outcome: null });
    await end(runId, { exit, outcome });
    await leave(runId, 'report.json', '{}');
    await leave(runId, 'report.json', '{"ok":true}');
    await leave(runId, 'empty.txt', '');
    expect(await underTest.read(runId)).toMatchObject({
      exitCode: 0,
      outcome,
      artifacts: { 'report.json': '{"ok":true}', 'empty.txt': '' },
    });
  });

  test('what is too much of a run is refused, and told once on its timeline', async () => {
    const runId = await underTest.startRun();
    for (let n = 0; n < runLimits.artifacts; n++) await leave(runId, `${n}.txt`, 'x');
    for (const name of ['a', 'b'])
      expect(await refusalOf(leave(runId, name, 'x'))).toMatchObject({ code: 'RUN_LIMIT_REACHED' });
    await leave(runId, '0.txt', 'newer');
    for (let from = 0; from < 250; from += 50)
      await tell(
        runId,
        Array.from({ length: 50 }, (_, n) => station('adopted', from + n, `attempt ${from + n}`)),
      );
    const more = Array.from({ length: 50 }, (_, n) => station('adopted', 900 + n, 'attempt 9'));
    expect(await refusalOf(tell(runId, more))).toMatchObject({ code: 'RUN_LIMIT_REACHED' });
    const leftOut = (await underTest.read(runId)).timeline.filter(({ kind }) => kind === 'left_out');
    expect(leftOut.map(({ detail }) => detail?.split(':')[0])).toEqual(['artifact', 'timeline']);
  });

  test('after the recorded end repeats succeed, and nothing is added or changed', async () => {
    const runId = await underTest.startRun();
    const said = [
      () => put(runId, 1, [line('a')]),
      () => tell(runId, [station('started')]),
      () => leave(runId, 'report.json', '{}'),
      () => end(runId, { exit, outcome }),
    ];
    for (const say of said) await say();
    await underTest.cancel(runId);
    const before = await underTest.read(runId);
    for (const say of said) await say();
    for (const call of [
      () => put(runId, 2, [line('b')]),
      () => tell(runId, [station('adopted', 3, 'attempt 2')]),
      () => leave(runId, 'report.json', '[]'),
      () => leave(runId, 'more.json', '{}'),
      () => end(runId, { exit: { ...exit, exitCode: 1 }, outcome }),
      () => end(runId, { exit, outcome: null }),
    ])
      expect(await refusalOf(call())).toMatchObject({ code: 'RUN_ENDED', details: { runId } });
    expect(await refusalOf(put(runId, 4, [line('d')]))).toMatchObject({ code: 'LOG_CHUNK_OUT_OF_ORDER' });
    expect(await underTest.read(runId)).toEqual(before);
  });

  test('a host that was given up may say once how its run ended, and that it came late is to be seen', async () => {
    const { api, runId } = await underTest.giveUp();
    await put(runId, 1, [line('a')], api);
    await leave(runId, 'report.json', '{}', api);
    expect(await refusalOf(leave(runId, 'report.json', '[]', api))).toMatchObject({ code: 'RUN_ENDED' });
    await end(runId, { exit, outcome }, api);
    await end(runId, { exit, outcome }, api);
    expect(await refusalOf(put(runId, 2, [line('b')], api))).toMatchObject({ code: 'RUN_ENDED' });
    const { timeline, ...known } = await underTest.read(runId);
    expect(known).toEqual({ lines: [line('a')], exitCode: 0, outcome, artifacts: { 'report.json': '{}' } });
    expect(timeline.filter(({ kind }) => kind === 'reported_late')).toHaveLength(1);
  });

  test('a heartbeat is answered with the runs that are active on this host', async () => {
    const [active, ended] = [await underTest.startRun(), await underTest.startRun()];
    await underTest.cancel(ended);
    const beat = { orchestratorVersion: '0.1.0', engineReachable: true, diskFreeBytes: null };
    const answer = await underTest.api.call('heartbeat', { body: beat });
    expect(answer.certificateRenewalDue).toBe(false);
    expect(answer.activeRunIds).toContain(active);
    expect(answer.activeRunIds).not.toContain(ended);
    const refused = underTest.api.call('heartbeat', { body: { ...beat, diskFreeBytes: -1 } });
    expect(await refusalOf(refused)).toMatchObject({ code: 'INVALID_INPUT' });
  });
}
