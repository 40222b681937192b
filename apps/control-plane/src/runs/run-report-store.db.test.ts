import {
  type ContainerEnd,
  type LogLine,
  type RecordedFailure,
  type RunId,
  runLimits,
  type TimelineEvent,
  type TimelineKind,
} from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';

const exit: ContainerEnd = {
  exitCode: 0,
  outOfMemory: false,
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: '2026-01-01T00:00:09.000Z',
  stopped: null,
};
const outcome = { message: 'done', counts: { tables: 1 } };
const line = (text: string, stream: LogLine['stream'] = 'stdout'): LogLine => ({ at: 't1', stream, text });
const station = (kind: TimelineKind, detail?: string, second = 1): TimelineEvent => ({
  kind,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  ...(detail === undefined ? {} : { detail }),
});
const refused = (code: string) => expect.objectContaining({ code });

async function withRun(database: Database) {
  const { runs, logs, reports, artifacts } = openRunStores(database);
  const runId: RunId = await runs.insertRun(await insertJob(database), 'me');
  const told = async (kind: TimelineKind) => (await runs.listTimeline(runId)).filter((event) => event.kind === kind);
  return { runs, runId, logs, reports, artifacts, told };
}

/** A run of which everything is told, and then its end recorded. */
async function withEnded(database: Database, failure: RecordedFailure | null, heard: boolean) {
  const all = await withRun(database);
  const { runs, runId, reports, artifacts } = all;
  await runs.recordStatus({ runId, status: 'running', startedAt: exit.startedAt });
  await reports.appendStations(runId, [station('started')]);
  await reports.putChunk(runId, 1, { lines: [line('a')] });
  await artifacts.putArtifact(runId, 'report.json', Buffer.from('{}'));
  if (heard) await reports.recordOutcome(runId, exit, outcome);
  const status = failure ? 'failed' : 'succeeded';
  await runs.recordStatus({ runId, status, exit: heard ? exit : null, failure });
  return all;
}

describeEachDatabase('run report store', (open) => {
  test('what a run took is kept with it, or why that is not known', async () => {
    const { runs, runId, reports } = await withRun(open());
    const read = async () => {
      const { resources, resourcesUnknown } = await runs.getRun(runId);
      return resources ?? resourcesUnknown;
    };
    expect(await read()).toBe('It is told when the run is over.');
    await runs.recordStatus({ runId, status: 'running', startedAt: exit.startedAt });
    const took = {
      memoryPeakBytes: 2 ** 33,
      cpuSeconds: 1.25,
      processesPeak: 7,
      readings: 3,
      measuredUntil: '2026-03-12T12:00:00.000Z',
    };
    await reports.recordOutcome(runId, exit, outcome, took);
    expect(await read()).toEqual(took);
  });

  test.each([
    [{ unknown: 'not_seen' }, /^Not measured: it ended within \d+ s, before it was first looked at\.$/],
    [{ unknown: 'refused' }, /^Not measured: the guard of its host does not allow it\.$/],
    [undefined, /^Not measured: its host did not say\.$/],
  ])('a run of which its host says %j says why nothing is known of what it took', async (said, words) => {
    const { runs, runId, reports } = await withRun(open());
    await reports.recordOutcome(runId, exit, outcome, said);
    await runs.recordStatus({ runId, status: 'succeeded', exit, failure: null });
    const { resources, resourcesUnknown } = await runs.getRun(runId);
    expect(resources).toBeNull();
    expect(resourcesUnknown).toMatch(words);
  });

  test('after the recorded end its facts stand: nothing is added, changed or forged, and repeats succeed', async () => {
    const { runs, runId, logs, reports, artifacts } = await withEnded(open(), null, true);
    const before = [await runs.getRun(runId), await runs.listTimeline(runId), await logs.readLines(runId, 0, 10)];

    await reports.appendStations(runId, [station('started')]);
    expect(await reports.putChunk(runId, 1, { lines: [line('changed')] })).toMatchObject({ nextSequence: 2, lines: 1 });
    await artifacts.putArtifact(runId, 'report.json', Buffer.from('{}'));
    await reports.recordOutcome(runId, exit, outcome);

    const attempts = [
      reports.putChunk(runId, 2, { lines: [line('b')] }),
      reports.appendStations(runId, [station('adopted', 'attempt 2')]),
      reports.recordOutcome(runId, { ...exit, exitCode: 1 }, outcome),
      reports.recordOutcome(runId, exit, { ...outcome, message: 'other' }),
      artifacts.putArtifact(runId, 'report.json', Buffer.from('[]')),
      artifacts.putArtifact(runId, 'more.json', Buffer.from('{}')),
    ];
    for (const attempt of await Promise.allSettled(attempts))
      expect(attempt).toMatchObject({ status: 'rejected', reason: refused('RUN_ENDED') });
    expect([await runs.getRun(runId), await runs.listTimeline(runId), await logs.readLines(runId, 0, 10)]).toEqual(
      before,
    );
  });

  test('a host that was given up may say once how it ended, and that it came late is to be seen', async () => {
    const { runs, runId, reports, told, artifacts } = await withEnded(
      open(),
      { code: 'HOST_LOST', details: {} },
      false,
    );
    await reports.putChunk(runId, 2, { lines: [line('b')] });
    await artifacts.putArtifact(runId, 'more.json', Buffer.from('{}'));
    await expect(artifacts.putArtifact(runId, 'report.json', Buffer.from('[]'))).rejects.toEqual(refused('RUN_ENDED'));
    await reports.recordOutcome(runId, exit, outcome);
    await reports.recordOutcome(runId, exit, outcome);
    await expect(reports.recordOutcome(runId, { ...exit, exitCode: 1 }, null)).rejects.toEqual(refused('RUN_ENDED'));
    await expect(reports.putChunk(runId, 3, { lines: [line('c')] })).rejects.toEqual(refused('RUN_ENDED'));
    expect(await runs.getRun(runId)).toMatchObject({
      status: 'failed',
      failure: { code: 'HOST_LOST' },
      exitCode: 0,
      outcome,
      logLines: 2,
    });
    expect(await told('reported_late')).toHaveLength(1);
  });

  test('a host that was locked out adds nothing to the runs that ended by it', async () => {
    const { runId, reports } = await withEnded(open(), { code: 'HOST_REVOKED', details: {} }, false);
    await expect(reports.recordOutcome(runId, exit, outcome)).rejects.toEqual(refused('RUN_ENDED'));
  });

  test('a host cannot speak for the control plane or for people', async () => {
    const { runs, runId, logs, reports } = await withRun(open());
    const before = await runs.listTimeline(runId);
    for (const event of [
      ...[station('cancel_requested', 'by admin@example.com'), station('finished'), station('queued')],
      ...[station('offered'), station('reported_late', 'x'), station('exited', 'canceled by admin')],
    ])
      await expect(reports.appendStations(runId, [station('accepted'), event])).rejects.toEqual(
        refused('NOT_FOR_HOST_TO_SAY'),
      );
    const forged = { lines: [line('a'), line('canceled by admin', 'system')] };
    await expect(reports.putChunk(runId, 1, forged)).rejects.toEqual(refused('NOT_FOR_HOST_TO_SAY'));
    expect(await runs.listTimeline(runId)).toEqual(before);
    expect(await logs.readLines(runId, 0, 10)).toEqual([]);
  });

  test('what is too much of a run is refused, told once on its timeline, and harms no other run', async () => {
    const database = open();
    const { runs, runId, reports, told, artifacts } = await withRun(database);
    for (let n = 0; n < runLimits.artifacts; n++) await artifacts.putArtifact(runId, `${n}.txt`, Buffer.from('x'));
    for (const name of ['a', 'b'])
      await expect(artifacts.putArtifact(runId, name, Buffer.from('x'))).rejects.toEqual(refused('RUN_LIMIT_REACHED'));
    await artifacts.putArtifact(runId, '0.txt', Buffer.from('newer'));
    const many = Array.from({ length: runLimits.timelineEvents - 10 }, (_, n) => station('adopted', `attempt ${n}`, n));
    await reports.appendStations(runId, many);
    await expect(
      reports.appendStations(
        runId,
        many.map((e, n) => station(e.kind, e.detail, 9999 + n)),
      ),
    ).rejects.toEqual(refused('RUN_LIMIT_REACHED'));
    expect((await told('left_out')).map(({ detail }) => detail?.split(':')[0])).toEqual(['artifact', 'timeline']);
    const other = await runs.insertRun(await insertJob(database, 'another'), 'me');
    await artifacts.putArtifact(other, 'a', Buffer.from('x'));
  });

  test('chunks sent at the same time are stored once, in one order', async () => {
    const { runId, logs, reports } = await withRun(open());
    await Promise.all(Array.from({ length: 5 }, () => reports.putChunk(runId, 1, { lines: [line('a')] })));
    expect(await logs.readLines(runId, 0, 10)).toHaveLength(1);
  });
});
