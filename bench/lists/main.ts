// Every list with every filter, through the real stores, over 200,000 runs of 2,000 jobs, 2,000 hosts, users and keys and 200,000 audit entries; then what
// a long log costs by the chunk, and what reads feel while 50,000 old runs are removed. Starts its own PostgreSQL with default settings.
//   node bench/lists/main.ts [reads of each list, default 100]
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@bigeye/service-kit';
import { createAuditStore } from '../../apps/control-plane/src/audit/audit-store.ts';
import { openDatabase } from '../../apps/control-plane/src/db/database.ts';
import { createFolderObjects } from '../../apps/control-plane/src/objects/folder-objects.ts';
import { createObjectDeletionStore } from '../../apps/control-plane/src/objects/object-deletion-store.ts';
import { clean } from '../../apps/control-plane/src/retention/keep-house.ts';
import { createRetentionStore } from '../../apps/control-plane/src/retention/retention-store.ts';
import { openRunStores } from '../../apps/control-plane/src/testing/run-stores.ts';
import { startDefaultPostgres } from '../lineage/default-postgres.ts';
import { type Figures, figuresOf, printRow, timed } from './figures.ts';
import { fill, sizes } from './fill.ts';
import { listsOf } from './lists.ts';
import { measureLongLog } from './long-log.ts';

const times = Number(process.argv[2] ?? 100);
const targetMs = 50;
const log = createLogger('bench', 'error');

await using server = await startDefaultPostgres();
const url = `postgresql://test@127.0.0.1:${server.port}/postgres`;
await using database = await openDatabase({ url, log });
const client = await server.connect();
const filled = await timed(() => fill(client));
console.log(`PostgreSQL ${server.version}, filled with ${sizes.runs} runs in ${(filled / 1000).toFixed(0)} s\n`);

console.log(`${times} reads of each, milliseconds`.padEnd(64), '    p50     p95');
const late: [string, Figures][] = [];
const lists = await listsOf(database);
for (const [name, read] of Object.entries(lists)) {
  const ms: number[] = [];
  for (let i = -3; i < times; i++) {
    const took = await timed(read);
    if (i >= 0) ms.push(took);
  }
  const figures = figuresOf(ms);
  printRow(name, figures);
  if (figures.p95 > targetMs) late.push([name, figures]);
}
console.log(
  late.length === 0
    ? `\nall within ${targetMs} ms at p95`
    : `\nover ${targetMs} ms: ${late.map(([name]) => name).join('; ')}`,
);

const stores = openRunStores(database, createFolderObjects(mkdtempSync(join(tmpdir(), 'bench-objects-'))));
await measureLongLog(database, stores);

console.log('\n50,000 runs removed, 20 reads a second meanwhile');
const usual = await readFor(async () => new Promise((resolve) => setTimeout(resolve, 5_000)));
const house = {
  segmentStore: stores.segments,
  retentionStore: createRetentionStore(database.db),
  auditStore: createAuditStore(database.db),
  deletionStore: createObjectDeletionStore(database.db),
  objects: stores.objects,
  // A quarter of the 400 days over which the runs are spread is older.
  keptDays: { runs: 300, logs: undefined, artifacts: undefined, audit: undefined },
  log,
};
let removed = 0;
let tookMs = 0;
const meanwhile = await readFor(async () => {
  tookMs = await timed(async () => {
    removed = (await clean(house, new AbortController().signal)).runs;
  });
});
printRow('reads, nothing else going on', usual);
printRow(`reads, while ${removed} runs went in ${(tookMs / 1000).toFixed(0)} s`, meanwhile);
await client.end();

/** Reads different lists, 20 a second, whatever the last one took, as long as `act` takes. */
async function readFor(act: () => Promise<unknown>): Promise<Figures> {
  const ms: number[] = [];
  const under: Promise<unknown>[] = [];
  const reads = Object.entries(lists).filter(([name]) => name.startsWith('runs'));
  let next = 0;
  const timer = setInterval(() => {
    const [, read] = reads[next++ % reads.length] ?? [];
    if (read) under.push(timed(read).then((took) => ms.push(took)));
  }, 50);
  await act();
  clearInterval(timer);
  await Promise.all(under);
  return figuresOf(ms);
}
