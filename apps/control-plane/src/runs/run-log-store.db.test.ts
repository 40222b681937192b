import type { LogLine, RunId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';

const line = (second: number, text: string): LogLine => ({
  at: `2026-01-01T00:00:0${second}.000000001Z`,
  stream: 'stdout',
  text,
});

async function withRun(database: Database) {
  const stores = openRunStores(database);
  const runId: RunId = await stores.runs.insertRun(await insertJob(database), 'me');
  return { ...stores, runId };
}

describeEachDatabase('run log store', (open) => {
  test('a chunk sent twice, even with more in it the second time, is stored once and tells where to go on', async () => {
    const database = open();
    const { logs, reports, runId } = await withRun(database);
    await reports.putChunk(runId, 1, { lines: [line(1, 'a'), line(2, 'b')] });
    const again = await reports.putChunk(runId, 1, { lines: [line(1, 'a'), line(2, 'b'), line(2, 'c')] });
    expect(again).toMatchObject({ nextSequence: 2, lastTime: line(2, '').at, linesAtLastTime: 1, lines: 2 });
    const after = await reports.putChunk(runId, 2, { lines: [line(2, 'c')] });
    expect(after).toMatchObject({ nextSequence: 3, linesAtLastTime: 2, lines: 3, bytes: 6 });
    expect((await logs.readLines(runId, 0, 10)).map((l) => `${l.number}${l.text}`)).toEqual(['1a', '2b', '3c']);
  });

  test('a chunk from the future is refused with the number that is expected', async () => {
    const database = open();
    const { reports, runId } = await withRun(database);
    await expect(reports.putChunk(runId, 3, { lines: [line(1, 'a')] })).rejects.toMatchObject({
      code: 'LOG_CHUNK_OUT_OF_ORDER',
      details: { expected: 1, received: 3 },
    });
  });

  test('reading on from any line gives what follows, across chunks', async () => {
    const database = open();
    const { logs, reports, runId, runs } = await withRun(database);
    for (let chunk = 1; chunk <= 4; chunk++)
      await reports.putChunk(runId, chunk, { lines: [1, 2, 3].map((i) => line(chunk, `${chunk}.${i}`)) });
    expect((await logs.readLines(runId, 4, 4)).map((l) => l.text)).toEqual(['2.2', '2.3', '3.1', '3.2']);
    expect(await logs.readLines(runId, 12, 10)).toEqual([]);
    expect((await runs.getRun(runId)).logLines).toBe(12);
  });

  test('an answer is bounded in bytes, goes on where it ended, and a line longer than the bound still comes', async () => {
    const database = open();
    const { logs, reports, runId } = await withRun(database);
    const texts = [...Array.from({ length: 30 }, (_, n) => `${n}`.padEnd(1000, '.')), 'x'.repeat(60_000), 'end'];
    for (let chunk = 0; chunk < texts.length; chunk += 8)
      await reports.putChunk(runId, chunk / 8 + 1, {
        lines: texts.slice(chunk, chunk + 8).map((text) => line(1, text)),
      });
    const got: string[] = [];
    const sizes: number[] = [];
    for (let after = 0; ; ) {
      const lines = await logs.readLines(runId, after, 10_000, 5_000);
      const last = lines.at(-1);
      if (!last) break;
      got.push(...lines.map(({ text }) => text));
      if (lines.length > 1) sizes.push(lines.reduce((sum, { text }) => sum + text.length, 0));
      after = last.number;
    }
    expect(got).toEqual(texts);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5_000);
  });

  test('the text of a whole log comes in pieces, and one piece is read at a time', async () => {
    const database = open();
    const { logs, reports, runId } = await withRun(database);
    for (let chunk = 1; chunk <= 4; chunk++)
      await reports.putChunk(runId, chunk, { lines: Array.from({ length: 10 }, () => line(1, 'x'.repeat(60_000))) });
    let pieces = 0;
    let bytes = 0;
    for await (const piece of logs.readText(runId)) {
      pieces++;
      bytes += piece.length;
    }
    expect(pieces).toBeGreaterThan(2);
    expect(bytes).toBe(40 * `${line(1, '').at} stdout ${'x'.repeat(60_000)}\n`.length);
  });
});
