import type { RunId } from '@bigeye/contracts';
import type { Database } from '../../apps/control-plane/src/db/database.ts';
import { insertJob } from '../../apps/control-plane/src/testing/a-job.ts';
import type { openRunStores } from '../../apps/control-plane/src/testing/run-stores.ts';
import { figuresOf, printRow, timed } from './figures.ts';

const chunks = 10_000;
const lines = Array.from({ length: 20 }, (_, n) => ({
  at: '2026-01-01T00:00:00.000Z',
  stream: 'stdout' as const,
  text: `read view ${n} of 20 in schema sales, which took as long as such a thing takes`,
}));

/** What the first and the last thousand of 10,000 chunks of one log cost, and what gathering them costs. */
export async function measureLongLog(database: Database, stores: ReturnType<typeof openRunStores>): Promise<void> {
  console.log(`\nA log of ${chunks} chunks, milliseconds`.padEnd(65), '    p50     p95');
  const runId = await stores.runs.insertRun(await insertJob(database, `long log ${Date.now()}`), 'bench');
  const put: number[] = [];
  for (let sequence = 1; sequence <= chunks; sequence++)
    put.push(await timed(() => stores.reports.putChunk(runId, sequence, { lines })));
  printRow('putting a chunk, the first thousand', figuresOf(put.slice(0, 1000)));
  printRow('putting a chunk, the last thousand', figuresOf(put.slice(-1000)));
  const position = [];
  for (let i = 0; i < 100; i++) position.push(await timed(() => stores.logs.getPosition(runId)));
  printRow('asking for the position', figuresOf(position));
  await measureReads(stores, runId, 'in the database');
  const gather = [];
  for (let i = 0; i < 14; i++) gather.push(await timed(() => stores.segments.gatherSegment(runId)));
  printRow('gathering a segment of 1 MiB', figuresOf(gather));
  await measureReads(stores, runId, 'after gathering');
}

/** A page as the UI reads it, at the beginning, in the middle and at the end. */
async function measureReads(stores: ReturnType<typeof openRunStores>, runId: RunId, where: string): Promise<void> {
  const all = chunks * lines.length;
  for (const [name, after] of Object.entries({ head: 0, middle: all / 2, tail: all - 2_000 })) {
    const read = [];
    for (let i = 0; i < 50; i++) read.push(await timed(() => stores.logs.readLines(runId, after, 2_000)));
    printRow(`reading 2,000 lines, ${name}, ${where}`, figuresOf(read));
  }
}
