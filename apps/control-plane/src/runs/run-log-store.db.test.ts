import type { LogLine, RunId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createRunLogStore } from './run-log-store.ts';
import { createRunStore } from './run-store.ts';

const line = (second: number, text: string): LogLine => ({
  at: `2026-01-01T00:00:0${second}.000000001Z`,
  stream: 'stdout',
  text,
});

async function withRun(database: Database) {
  const runs = createRunStore(database.db, database.changes);
  const runId: RunId = await runs.insertRun(await insertJob(database), 'me');
  return { runs, runId, logs: createRunLogStore(database.db, database.changes) };
}

describeEachDatabase('run log store', (open) => {
  test('a chunk sent twice, even with more in it the second time, is stored once and tells where to go on', async () => {
    const database = open();
    const { logs, runId } = await withRun(database);
    await logs.putChunk(runId, 1, { lines: [line(1, 'a'), line(2, 'b')] });
    const again = await logs.putChunk(runId, 1, { lines: [line(1, 'a'), line(2, 'b'), line(2, 'c')] });
    expect(again).toMatchObject({ nextSequence: 2, lastTime: line(2, '').at, linesAtLastTime: 1, lines: 2 });
    const after = await logs.putChunk(runId, 2, { lines: [line(2, 'c')] });
    expect(after).toMatchObject({ nextSequence: 3, linesAtLastTime: 2, lines: 3, bytes: 6 });
    expect((await logs.readLines(runId, 0, 10)).map((l) => `${l.number}${l.text}`)).toEqual(['1a', '2b', '3c']);
  });

  test('a chunk from the future is refused with the number that is expected', async () => {
    const database = open();
    const { logs, runId } = await withRun(database);
    await expect(logs.putChunk(runId, 3, { lines: [line(1, 'a')] })).rejects.toMatchObject({
      code: 'LOG_CHUNK_OUT_OF_ORDER',
      details: { expected: 1, received: 3 },
    });
  });

  test('reading on from any line gives what follows, across chunks', async () => {
    const database = open();
    const { logs, runId, runs } = await withRun(database);
    for (let chunk = 1; chunk <= 4; chunk++)
      await logs.putChunk(runId, chunk, { lines: [1, 2, 3].map((i) => line(chunk, `${chunk}.${i}`)) });
    expect((await logs.readLines(runId, 4, 4)).map((l) => l.text)).toEqual(['2.2', '2.3', '3.1', '3.2']);
    expect(await logs.readLines(runId, 12, 10)).toEqual([]);
    expect((await runs.getRun(runId)).logLines).toBe(12);
  });

  test('an artifact comes back byte for byte, and the newest wins', async () => {
    const database = open();
    const { logs, runId, runs } = await withRun(database);
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    await logs.putArtifact(runId, 'report.json', Buffer.from('old'));
    await logs.putArtifact(runId, 'report.json', bytes);
    expect(Buffer.compare(await logs.getArtifact(runId, 'report.json'), bytes)).toBe(0);
    expect((await runs.getRun(runId)).artifacts).toEqual([{ name: 'report.json', bytes: 5 }]);
    await expect(logs.getArtifact(runId, 'nothing')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });
});
