import type { LogLine } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';

const ended = new Date('2100-01-01');

/** A log of `chunks` chunks of 300 kB each, ten lines a chunk. */
async function withLog(database: Database, chunks: number) {
  const stores = openRunStores(database);
  const runId = await stores.runs.insertRun(await insertJob(database), 'me');
  const line = (n: number): LogLine => ({ at: 't', stream: 'stdout', text: `${n} ${'x'.repeat(30_000)}` });
  for (let sequence = 1; sequence <= chunks; sequence++)
    await stores.reports.putChunk(runId, sequence, {
      lines: Array.from({ length: 10 }, (_, n) => line((sequence - 1) * 10 + n + 1)),
    });
  const rowsOf = (table: 'run_log_chunks' | 'run_log_segments') =>
    database.db.selectFrom(table).selectAll().where('run_id', '=', runId).execute();
  const numbers = async (after: number, limit: number) =>
    (await stores.logs.readLines(runId, after, limit)).map(({ number, text }) => `${number} ${text.split(' ')[0]}`);
  return { ...stores, runId, rowsOf, numbers };
}
const from = (first: number, count: number) => Array.from({ length: count }, (_, n) => `${first + n} ${first + n}`);

describeEachDatabase('log segment store', (open) => {
  test('chunks are gathered into segments of about 1 MiB; reading goes on across both, from any line', async () => {
    const { segments, runId, rowsOf, numbers, reports } = await withLog(open(), 9);
    expect(await segments.listRunsToGather(ended, 10)).toEqual([runId]);
    await segments.gatherSegment(runId);
    await segments.gatherSegment(runId);
    expect(await rowsOf('run_log_segments')).toMatchObject([
      { first_line: 1, lines: 40 },
      { first_line: 41, lines: 40 },
    ]);
    expect((await rowsOf('run_log_chunks')).map((chunk) => chunk.first_line)).toEqual([81]);
    for (const after of [0, 5, 39, 40, 79, 80, 85]) expect(await numbers(after, 5)).toEqual(from(after + 1, 5));
    expect(await numbers(88, 5)).toEqual(from(89, 2));
    expect(await numbers(90, 5)).toEqual([]);
    // The host goes on where it was, as if nothing had happened.
    const position = await reports.putChunk(runId, 10, { lines: [{ at: 't', stream: 'stdout', text: '91 end' }] });
    expect(position).toMatchObject({ nextSequence: 11, lines: 91, linesAtLastTime: 91 });
    expect(await numbers(89, 5)).toEqual(from(90, 2));
  });

  test('less than a segment waits until the run has ended', async () => {
    const { segments, runId, rowsOf, runs } = await withLog(open(), 1);
    expect(await segments.listRunsToGather(ended, 10)).toEqual([]);
    await runs.recordStatus({ runId, status: 'canceled', exit: null, failure: null });
    expect(await segments.listRunsToGather(new Date(0), 10)).toEqual([]);
    expect(await segments.listRunsToGather(ended, 10)).toEqual([runId]);
    await segments.gatherSegment(runId);
    expect(await rowsOf('run_log_chunks')).toEqual([]);
    expect(await segments.listRunsToGather(ended, 10)).toEqual([]);
    await segments.gatherSegment(runId);
    expect(await rowsOf('run_log_segments')).toHaveLength(1);
  });

  test('two that gather the same log at once make one segment of it, and no line is lost or doubled', async () => {
    const { segments, runId, rowsOf, numbers } = await withLog(open(), 4);
    await Promise.all([segments.gatherSegment(runId), segments.gatherSegment(runId), segments.gatherSegment(runId)]);
    expect(await rowsOf('run_log_segments')).toHaveLength(1);
    expect(await numbers(0, 33)).toEqual(from(1, 33));
  });

  test('a reader that meets a log while it is gathered still gets every line once', async () => {
    const { segments, runId, logs } = await withLog(open(), 8);
    const reading = (async () => {
      const seen: number[] = [];
      for (let after = 0; ; ) {
        const lines = await logs.readLines(runId, after, 7);
        if (lines.length === 0) return seen;
        seen.push(...lines.map((line) => line.number));
        after = lines.at(-1)?.number ?? after;
      }
    })();
    for (let n = 0; n < 3; n++) await segments.gatherSegment(runId);
    expect(await reading).toEqual(Array.from({ length: 80 }, (_, n) => n + 1));
  });

  test('a run that is deleted while its log is gathered leaves nothing behind', async () => {
    const database = open();
    const { segments, runId, objects } = await withLog(database, 4);
    const slow = openRunStores(database, {
      place: objects.place,
      get: objects.get,
      remove: objects.remove,
      put: async (key, content) => {
        await database.db.deleteFrom('runs').where('id', '=', runId).execute();
        await database.db.deleteFrom('object_deletions').execute();
        await objects.put(key, content);
      },
      [Symbol.dispose]: () => undefined,
    });
    expect(segments).toBeDefined();
    await slow.segments.gatherSegment(runId);
    const asked = await database.db.selectFrom('object_deletions').select('key').execute();
    expect(asked.map((row) => row.key)).toEqual([`runs/${runId}/log/1-40.ndjson.gz`]);
  });
});
