import type { RunId, RunJobInput } from '@bigeye/contracts';
import { createLogger } from '@bigeye/service-kit';
import { expect, test, vi } from 'vitest';
import type { Database } from '../db/database.ts';
import { createHostStore } from '../hosts/host-store.ts';
import { createControlPlaneActivities } from '../temporal/control-plane-activities.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';
import { createRemoteDispatcher, createRunDispatcher, type RunStarter } from './run-dispatcher.ts';
import { sweepRuns } from './sweep-runs.ts';

const log = createLogger('test', 'fatal');
const soon = { timeout: 15_000 };

/** Temporal as a list of what it was asked; `hold` keeps a call from ending. */
function createStarter() {
  const asked: string[] = [];
  const states = new Map<RunId, 'open' | 'stuck' | 'closed' | 'absent'>();
  const starter: RunStarter = {
    start: async ({ runId }) => void asked.push(`start ${runId}`),
    startAnew: async ({ runId }) => void asked.push(`start anew ${runId}`),
    cancel: async (runId) => void asked.push(`cancel ${runId}`),
    terminate: async (runId) => void asked.push(`terminate ${runId}`),
    wasHandedOut: async () => false,
    stateOf: async (runId) => states.get(runId) ?? 'open',
  };
  return { asked, starter, states };
}

async function withSweep(database: Database, starter: RunStarter) {
  const { runs } = openRunStores(database);
  const closing = new AbortController();
  const dispatcher = createRunDispatcher({ runStore: runs, starter, changes: database.changes, log });
  const deps = {
    runStore: runs,
    starter,
    dispatcher,
    records: createControlPlaneActivities(runs, log),
    changes: database.changes,
    log,
  };
  const swept = sweepRuns(deps, closing.signal);
  return {
    runs,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await swept;
    },
  };
}

const inputOf = async (database: Database, runId: RunId): Promise<RunJobInput> =>
  await openRunStores(database).runs.getWorkflowInput(runId);

describeEachDatabase('sweep of runs', (open) => {
  test('a process without Temporal has its runs offered, canceled and let go by the one that sweeps', async () => {
    const database = open();
    const { asked, starter } = createStarter();
    await using sweep = await withSweep(database, starter);
    const remote = createRemoteDispatcher(database.changes);
    const runId = await sweep.runs.insertRun(await insertJob(database), 'me');
    await remote.dispatch(await inputOf(database, runId));
    await vi.waitFor(() => expect(asked).toContain(`start ${runId}`), soon);
    await remote.cancel(runId);
    await vi.waitFor(() => expect(asked).toContain(`cancel ${runId}`), soon);
    await remote.abandon(runId);
    await vi.waitFor(() => expect(asked).toContain(`terminate ${runId}`), soon);
    const kinds = async () => (await sweep.runs.listTimeline(runId)).map((event) => event.kind);
    await vi.waitFor(async () => expect(await kinds()).toEqual(['queued', 'offered']), soon);
  });

  test('asked for more than Temporal answers, runs are offered in the order in which they came, a few at a time', async () => {
    const database = open();
    const { asked, starter } = createStarter();
    const answers: (() => void)[] = [];
    let openCalls = 0;
    let most = 0;
    const slow: RunStarter = {
      ...starter,
      start: async (input) => {
        most = Math.max(most, ++openCalls);
        await starter.start(input);
        await new Promise<void>((resolve) => answers.push(resolve));
        openCalls--;
      },
    };
    const { runs } = openRunStores(database);
    const dispatcher = createRunDispatcher({ runStore: runs, starter: slow, changes: database.changes, log });
    const ids: RunId[] = [];
    const dispatched: Promise<void>[] = [];
    for (let n = 0; n < 60; n++) {
      const runId = await runs.insertRun(await insertJob(database, `job ${n}`), 'me');
      ids.push(runId);
      dispatched.push(dispatcher.dispatch(await inputOf(database, runId)));
    }
    const closing = new AbortController();
    const deps = {
      runStore: runs,
      starter: slow,
      dispatcher,
      records: createControlPlaneActivities(runs, log),
      changes: database.changes,
      log,
    };
    const swept = sweepRuns(deps, closing.signal);
    await vi.waitFor(() => {
      for (const answer of answers.splice(0)) answer();
      expect(new Set(asked).size).toBe(ids.length);
    }, soon);
    for (const answer of answers.splice(0)) answer();
    await Promise.all(dispatched);
    closing.abort();
    for (const answer of answers.splice(0)) answer();
    await swept;
    // One that was taken meanwhile may be offered again, which Temporal answers as if it were the first time.
    expect([...new Set(asked)]).toEqual(ids.map((runId) => `start ${runId}`));
    expect(most).toBeLessThan(30);
  });

  test('runs of a host that was revoked by a process that died then are ended', async () => {
    const database = open();
    const { asked, starter } = createStarter();
    const { runs } = openRunStores(database);
    const job = await insertJob(database);
    const runId = await runs.insertRun(job, 'me');
    await createHostStore(database.db, database.changes).revokeHost(job.hostId);
    await using _sweep = await withSweep(database, starter);
    await vi.waitFor(
      async () =>
        expect(await runs.getRun(runId)).toMatchObject({ status: 'failed', failure: { code: 'HOST_REVOKED' } }),
      soon,
    );
    await vi.waitFor(() => expect(asked).toContain(`terminate ${runId}`), soon);
  });

  test.each([
    [
      'what its host reported counts',
      true,
      { status: 'failed', exitCode: 3, failure: { code: 'CREDENTIALS_REFUSED' } },
    ],
    ['where it reported nothing, that is said', false, { status: 'failed', failure: { code: 'RUN_END_UNKNOWN' } }],
  ])('of a workflow that ended without recording how the run did, %s', async (_, isReported, expected) => {
    const database = open();
    const { starter, states } = createStarter();
    const stores = openRunStores(database);
    const runId = await stores.runs.insertRun(await insertJob(database), 'me');
    await database.db
      .updateTable('runs')
      .set({ dispatched_at: new Date(0) })
      .execute();
    const at = new Date().toISOString();
    const end = { exitCode: 3, outOfMemory: false, startedAt: at, finishedAt: at, stopped: null };
    if (isReported) await stores.reports.recordOutcome(runId, end, null);
    states.set(runId, 'closed');
    await using _sweep = await withSweep(database, starter);
    await vi.waitFor(async () => expect(await stores.runs.getRun(runId)).toMatchObject(expected), soon);
  });

  test('a workflow that is stuck is started anew', async () => {
    const database = open();
    const { asked, starter, states } = createStarter();
    const { runs } = openRunStores(database);
    const runId = await runs.insertRun(await insertJob(database), 'me');
    await database.db
      .updateTable('runs')
      .set({ dispatched_at: new Date(0) })
      .execute();
    states.set(runId, 'stuck');
    await using _sweep = await withSweep(database, starter);
    await vi.waitFor(() => expect(asked).toContain(`start anew ${runId}`), soon);
  });

  test('offers and cancels go on while the looking up of runs hangs', async () => {
    const database = open();
    const { asked, starter } = createStarter();
    const { runs } = openRunStores(database);
    const stuck = await runs.insertRun(await insertJob(database, 'stuck'), 'me');
    await database.db
      .updateTable('runs')
      .set({ dispatched_at: new Date(0) })
      .execute();
    let askedFor: RunId | undefined;
    let letGo: () => void = () => undefined;
    const hanging: RunStarter = {
      ...starter,
      stateOf: (runId) => {
        askedFor = runId;
        return new Promise((resolve) => {
          letGo = () => resolve('open');
        });
      },
    };
    await using _letGo = { [Symbol.asyncDispose]: async () => letGo() };
    await using _sweep = await withSweep(database, hanging);
    await vi.waitFor(() => expect(askedFor).toBe(stuck), soon);
    const next = await runs.insertRun(await insertJob(database, 'next'), 'me');
    await vi.waitFor(() => expect(asked).toContain(`start ${next}`), soon);
    await runs.requestCancel(stuck, 'me');
    await vi.waitFor(() => expect(asked).toContain(`cancel ${stuck}`), soon);
    letGo();
  });
});
