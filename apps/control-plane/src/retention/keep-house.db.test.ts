import { createLogger } from '@bigeye/service-kit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createAuditStore } from '../audit/audit-store.ts';
import type { Database } from '../db/database.ts';
import { createObjectDeletionStore } from '../objects/object-deletion-store.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';
import { clean, gather, type KeptDays } from './keep-house.ts';
import { createRetentionStore } from './retention-store.ts';

const never = new AbortController().signal;
const forEver: KeptDays = { runs: undefined, logs: undefined, artifacts: undefined, audit: undefined };

/** Runs of one job that ended so many days ago, each with a log and an artifact; one more is active. */
async function withRuns(database: Database, daysAgo: number[]) {
  const stores = openRunStores(database);
  const job = await insertJob(database);
  const ids = [];
  for (const days of daysAgo) {
    const runId = await stores.runs.insertRun(job, 'me');
    ids.push(runId);
    await stores.reports.putChunk(runId, 1, { lines: [{ at: 't', stream: 'stdout', text: `of ${days} days ago` }] });
    await stores.artifacts.putArtifact(runId, 'report.json', Buffer.from('{}'));
    await stores.runs.recordStatus({ runId, status: 'canceled', exit: null, failure: null });
    const at = sql<Date>`now() - ${days} * interval '1 day'`;
    await database.db.updateTable('runs').set({ queued_at: at, finished_at: at }).where('id', '=', runId).execute();
  }
  const house = (keptDays: KeptDays) => ({
    segmentStore: stores.segments,
    retentionStore: createRetentionStore(database.db),
    auditStore: createAuditStore(database.db),
    deletionStore: createObjectDeletionStore(database.db),
    objects: stores.objects,
    keptDays,
    log: createLogger('test', 'error'),
  });
  const active = await stores.runs.insertRun(job, 'me');
  const [first, second] = ids;
  if (!first || !second) throw new Error('two runs at least');
  return { ...stores, ids, first, second, active, house };
}

describeEachDatabase('keeping house', (open) => {
  test('for ever means for ever', async () => {
    const { house, runs } = await withRuns(open(), [4000, 10]);
    expect(await clean(house(forEver), never)).toEqual({
      runs: 0,
      logs: 0,
      artifacts: 0,
      audit: 0,
      events: 0,
      objects: 0,
    });
    expect((await runs.listRuns({ limit: 10 })).items).toHaveLength(3);
  });

  test('logs and artifacts go by their age and say so; the runs stay', async () => {
    const { house, first, second, runs, logs, artifacts } = await withRuns(open(), [100, 80]);
    await gather(house(forEver), never);
    const cleaned = await clean(house({ ...forEver, logs: 90, artifacts: 90 }), never);
    expect(cleaned).toEqual({ runs: 0, logs: 1, artifacts: 1, audit: 0, events: 0, objects: 2 });
    expect(await runs.getRun(first)).toMatchObject({
      logLines: 1,
      logRemovedAt: expect.any(String),
      artifacts: [{ name: 'report.json', bytes: 2, removedAt: expect.any(String) }],
    });
    expect(await runs.getRun(second)).toMatchObject({ logRemovedAt: null, artifacts: [{ removedAt: null }] });
    expect(await logs.readLines(first, 0, 9)).toEqual([]);
    expect(await logs.readLines(second, 0, 9)).toHaveLength(1);
    await expect(artifacts.getArtifact(first, 'report.json')).rejects.toMatchObject({ code: 'ARTIFACT_REMOVED' });
    // A second round finds nothing more to do.
    expect(await clean(house({ ...forEver, logs: 90, artifacts: 90 }), never)).toMatchObject({
      logs: 0,
      artifacts: 0,
      objects: 0,
    });
  });

  test('runs go with all they left in the object store; the newest of a job and active ones stay', async () => {
    const database = open();
    const { house, ids, first, runs, objects, active } = await withRuns(database, [500, 400, 1]);
    await gather(house(forEver), never);
    expect(await clean(house({ ...forEver, runs: 365 }), never)).toMatchObject({ runs: 2, objects: 4 });
    expect((await runs.listRuns({ limit: 10 })).items.map((run) => run.id)).toEqual([active, ids[2]]);
    expect(await objects.remove(`runs/${first}/`)).toBe(0);
    expect(await objects.remove(`runs/${ids[2]}/`)).toBe(2);

    await database.db.deleteFrom('runs').where('id', '=', active).execute();
    await sql`update runs set finished_at = now() - interval '9 days'`.execute(database.db);
    expect(await clean(house({ ...forEver, runs: 1 }), never)).toMatchObject({ runs: 0 });
  });

  test('events go by their age once they are handled, and who has not read on is told so', async () => {
    const { db } = open();
    const { house, events } = await withRuns(open(), [3, 2]);
    await sql`update run_events set at = now() - interval '9 days' where id < (select max(id) from run_events)`.execute(
      db,
    );
    const { events: all, newest } = await events.listEvents({ after: 0, limit: 50 });
    expect(all).toHaveLength(5);
    const kept = { ...forEver, runs: 5 };
    expect(await clean(house(kept), never)).toMatchObject({ events: 0 });
    await events.consume({ name: 'test', limit: 50 }, async () => undefined);
    expect(await clean(house(kept), never)).toMatchObject({ events: 3 });
    expect(await clean(house(kept), never)).toMatchObject({ events: 0 });
    // The newest of those that are old is where another has read to: nothing after it is gone.
    const [, , , last, active] = all;
    if (!last) throw new Error('five events');
    expect(await events.listEvents({ after: last.id, limit: 9 })).toMatchObject({ events: [active], newest });
    for (const after of [all[0]?.id ?? 0, newest + 100])
      await expect(events.listEvents({ after, limit: 9 })).rejects.toMatchObject({
        code: 'RUN_EVENTS_REMOVED',
        details: { oldest: last.id, newest },
      });
  });

  test('the audit log goes by whole days', async () => {
    const { house } = await withRuns(open(), [2, 1]);
    const audit = createAuditStore(open().db);
    const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000).toISOString();
    const entry = { actorId: null, actorName: 'x', credential: null, address: '-', status: 200, errorCode: null };
    const rest = { ...entry, action: 'createUser', actorKind: 'anonymous', details: {}, requestId: '-' } as const;
    await audit.appendEntries([12, 10, 1].map((days) => ({ ...rest, at: daysAgo(days) })));
    expect(await clean(house({ ...forEver, audit: 10 }), never)).toMatchObject({ audit: 1 });
    expect(await clean(house({ ...forEver, audit: 10 }), never)).toMatchObject({ audit: 0 });
    const { items } = await audit.listEntries({ limit: 10 });
    expect(items.map(({ action }) => action)).toEqual(['shortenAuditLog', 'createUser', 'createUser']);
  });

  test('what was removed last and how much there is can be seen', async () => {
    const database = open();
    const { house } = await withRuns(database, [100, 80]);
    await gather(house(forEver), never);
    await clean(house({ ...forEver, logs: 90 }), never);
    const size = await createRetentionStore(database.db).measure();
    expect(size).toMatchObject({
      runs: { count: 3 },
      logs: { count: 1 },
      artifacts: { count: 2, bytes: 4 },
      lastCleaning: { logs: 1, artifacts: 0 },
    });
    expect(size.databaseBytes).toBeGreaterThan(1_000_000);
    expect(size.tables.map((table) => table.name)).toContain('runs');
  });
});
