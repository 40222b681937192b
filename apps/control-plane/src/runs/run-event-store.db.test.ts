import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerEnd, Job, RunEvent, RunId } from '@bigeye/contracts';
import { createLogger } from '@bigeye/service-kit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import type { Db } from '../db/tables.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';
import { countNew } from './count-runs.ts';
import { createRunCountStore } from './run-count-store.ts';
import { createRunStore } from './run-store.ts';

const end: ContainerEnd = {
  exitCode: 0,
  outOfMemory: false,
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: '2026-01-01T00:00:09.000Z',
  stopped: null,
};
const never = new AbortController().signal;
const lives = 12;

/** All of a run that nothing happens to, `times` one after the other. */
async function live(db: Db, job: Job, times: number): Promise<void> {
  const runs = createRunStore(db);
  for (let n = 0; n < times; n++) {
    const runId = await runs.insertRun(job, 'me');
    await runs.recordDispatched(runId);
    await runs.recordStatus({ runId, status: 'running', startedAt: end.startedAt });
    await runs.recordStatus({ runId, status: 'succeeded', exit: end, failure: null });
  }
}

/** Several at once, each with a job of its own. */
async function liveAtOnce(database: Database): Promise<void> {
  const jobs: Job[] = [];
  for (let n = 0; n < 4; n++) jobs.push(await insertJob(database, `job ${n}`));
  await Promise.all(jobs.map((job) => live(database.db, job, lives)));
}

function kindsByRun(events: Pick<RunEvent, 'runId' | 'kind'>[]): string[] {
  const kinds = new Map<RunId, string[]>();
  for (const { runId, kind } of events) kinds.set(runId, [...(kinds.get(runId) ?? []), kind]);
  return [...kinds.values()].map((of) => of.join(' '));
}
const wholeLives = Array.from({ length: 4 * lives }, () => 'queued offered running finished');

describeEachDatabase('run events', (open) => {
  test('each change of a state is told once, in its order, with what it led to', async () => {
    const { runs, reports, events } = openRunStores(open());
    const job = await insertJob(open());
    const runId = await runs.insertRun(job, 'me');
    for (let n = 0; n < 2; n++) {
      await runs.recordDispatched(runId);
      await reports.appendStations(runId, [
        { kind: 'accepted', at: '2026-01-01T00:00:00.000Z' },
        { kind: 'waiting', at: '2026-01-01T00:00:00.100Z', detail: 'ENGINE_AWAY: The engine does not answer.' },
        { kind: 'resumed', at: '2026-01-01T00:00:00.200Z' },
      ]);
      await runs.recordStatus({ runId, status: 'running', startedAt: end.startedAt });
      await runs.requestCancel(runId, 'me@example.com');
      await runs.recordStatus({ runId, status: 'failed', exit: null, failure: { code: 'HOST_LOST', details: {} } });
    }
    await reports.recordOutcome(runId, end, null);
    const { events: told, nextAfter, newest } = await events.listEvents({ after: 0, limit: 50 });
    expect(told.map(({ kind, status, failureCode, detail }) => [kind, status, failureCode, detail])).toEqual([
      ['queued', 'queued', null, null],
      ['offered', 'queued', null, null],
      ['waiting', 'queued', null, 'ENGINE_AWAY: The engine does not answer.'],
      ['resumed', 'queued', null, null],
      ['running', 'running', null, null],
      ['cancel_requested', 'running', null, 'by me@example.com'],
      ['finished', 'failed', 'HOST_LOST', null],
      ['reported_late', 'failed', 'HOST_LOST', 'the host reported after the end was recorded'],
    ]);
    for (const event of told) expect(event).toMatchObject({ runId, jobId: job.id, hostId: 'etl-01' });
    expect([nextAfter, newest]).toEqual([told.at(-1)?.id, told.at(-1)?.id]);
  });

  test('what is read in pages, of one kind or job, is what happened, and it is there when the job is not', async () => {
    const { events } = openRunStores(open());
    const { db } = open();
    const [job, other] = [await insertJob(open(), 'one'), await insertJob(open(), 'other')];
    await Promise.all([live(db, job, 3), live(db, other, 3)]);
    await db.deleteFrom('jobs').execute();
    const read = async (filter: object) => {
      const found: RunEvent[] = [];
      for (let after = 0, isMore = true; isMore; ) {
        const page = await events.listEvents({ after, limit: 2, ...filter });
        found.push(...page.events);
        after = page.nextAfter;
        isMore = after < page.newest;
      }
      return found;
    };
    expect(await read({})).toHaveLength(24);
    expect((await read({ jobId: job.id, kind: 'finished' })).map(({ jobId, kind }) => [jobId, kind])).toEqual(
      Array.from({ length: 3 }, () => [job.id, 'finished']),
    );
    expect(await read({ hostId: 'other' })).toEqual([]);
  });

  test('who reads on while many write misses nothing and sees nothing twice', async () => {
    const { events } = openRunStores(open());
    const writing = liveAtOnce(open()).then(() => 'over');
    const seen: RunEvent[] = [];
    let after = 0;
    for (let isOver = false, isRead = false; !isRead; ) {
      isOver ||= (await Promise.race([writing, delay(1)])) === 'over';
      const page = await events.listEvents({ after, limit: 7 });
      seen.push(...page.events);
      after = page.nextAfter;
      isRead = isOver && page.events.length === 0;
    }
    const { events: all } = await events.listEvents({ after: 0, limit: 1000 });
    expect(seen).toEqual(all);
    expect(kindsByRun(seen)).toEqual(wholeLives);
  });

  test('an event is not to be seen before one that came first and is not committed yet', async () => {
    const { events, runs } = openRunStores(open());
    const [first, second] = [await insertJob(open(), 'first'), await insertJob(open(), 'second')];
    const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>();
    const slow = open()
      .db.transaction()
      .execute(async (tx) => {
        await createRunStore(tx).insertRun(first, 'me');
        written();
        await mayCommit;
      });
    await isWritten;
    const quick = runs.insertRun(second, 'me');
    // It has come as far as it can, which is nowhere as long as it waits.
    await Promise.race([quick, delay(300)]);
    const before = await events.listEvents({ after: 0, limit: 10 });
    commit();
    await Promise.all([slow, quick]);
    const { events: later } = await events.listEvents({ after: before.nextAfter, limit: 10 });
    expect([...before.events, ...later].map(({ jobId }) => jobId)).toEqual([first.id, second.id]);
  });

  test('a process that stops in the middle of a change holds up the others for seconds only', async () => {
    const { runs } = openRunStores(open());
    const [first, second] = [await insertJob(open(), 'first'), await insertJob(open(), 'second')];
    const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
    const { promise: isAwake, resolve: wake } = Promise.withResolvers<void>();
    const stopped = open()
      .db.transaction()
      .execute(async (tx) => {
        await createRunStore(tx).insertRun(first, 'me');
        written();
        await isAwake;
      });
    const failed = expect(stopped).rejects.toThrow();
    await isWritten;
    await runs.insertRun(second, 'me');
    wake();
    await failed;
    expect(await runs.findActiveRunId(first.id)).toBeUndefined();
  });

  test('whoever shows a run hears of a change whose process died right after it was committed', async () => {
    const database = open();
    const { runs } = openRunStores(database);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await expect.poll(() => database.changes.isLive()).toBe(true);
    const heard: string[] = [];
    using _ = database.changes.subscribe({
      onChange: (change) => 'runId' in change && heard.push(`${change.runId} ${change.what}`),
      onGap: () => undefined,
    });
    const program = `
      import pg from 'pg';
      import { Kysely, PostgresDialect } from 'kysely';
      import { createRunStore } from ${JSON.stringify(new URL('run-store.ts', import.meta.url).href)};
      const pool = new pg.Pool({ connectionString: process.env.DATABASE });
      await createRunStore(new Kysely({ dialect: new PostgresDialect({ pool }) })).requestCancel(${JSON.stringify(runId)}, 'me');
      process.kill(process.pid, 'SIGKILL');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
      env: { ...process.env, DATABASE: database.url },
      stdio: 'inherit',
    });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    await expect.poll(() => heard).toEqual(expect.arrayContaining([`${runId} run`, `${runId} timeline`]));
    expect(await runs.getRun(runId)).toMatchObject({ cancelRequestedAt: expect.any(String) });
  });

  test('consumers that are killed at any moment handle every event once, in the order of its run', async () => {
    const database = open();
    const { db } = database;
    const { events } = openRunStores(database);
    await sql`create table if not exists handled (at bigint generated always as identity, id bigint, run_id text, kind text)`.execute(
      db,
    );
    await sql`truncate handled`.execute(db);
    const writing = liveAtOnce(database);
    let isWritten = false;
    let killed = 0;
    const consumer = async () => {
      for (let isRead = false; !isRead; ) {
        const wasWritten = isWritten;
        try {
          const count = await events.consume({ name: 'test', limit: 5 }, async (tx, batch) => {
            const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
            const pid = rows[0]?.pid;
            // Now, or while it writes, or while it commits, or when it is over.
            if (Math.random() < 0.4)
              void delay(Math.random() * 4).then(() => sql`select pg_terminate_backend(${pid})`.execute(db));
            for (const { id, runId, kind } of batch)
              await sql`insert into handled (id, run_id, kind) values (${id}, ${runId}, ${kind})`.execute(tx);
          });
          isRead = wasWritten && count === 0;
        } catch {
          killed++;
        }
      }
    };
    const consuming = Promise.all([consumer(), consumer()]);
    await writing;
    isWritten = true;
    await consuming;
    const { rows: handled } = await sql<{ id: string; runId: RunId; kind: RunEvent['kind'] }>`
      select id, run_id as "runId", kind from handled order by at`.execute(db);
    const { events: all } = await events.listEvents({ after: 0, limit: 1000 });
    expect(handled.map(({ id }) => Number(id))).toEqual(all.map(({ id }) => id));
    expect(kindsByRun(handled)).toEqual(wholeLives);
    expect(killed).toBeGreaterThan(0);
  });

  test('counts of runs hold each run once, and stay when the runs go', async () => {
    const { db } = open();
    const { events: runEventStore, runs } = openRunStores(open());
    const runCountStore = createRunCountStore(db);
    const deps = { runEventStore, runCountStore, log: createLogger('test', 'error') };
    await live(db, await insertJob(open(), 'fine'), 3);
    await countNew(deps, never);
    const bad = await insertJob(open(), 'bad');
    const runId = await runs.insertRun(bad, 'me');
    await runs.recordStatus({ runId, status: 'failed', exit: null, failure: { code: 'HOST_LOST', details: {} } });
    await Promise.all([countNew(deps, never), countNew(deps, never)]);
    await db.deleteFrom('jobs').execute();
    await countNew(deps, never);
    expect(await runCountStore.countsOf(2)).toEqual([
      { day: expect.any(String), status: 'failed', failureCode: 'HOST_LOST', runs: 1 },
      { day: expect.any(String), status: 'queued', failureCode: null, runs: 4 },
      { day: expect.any(String), status: 'succeeded', failureCode: null, runs: 3 },
    ]);
  });
});
