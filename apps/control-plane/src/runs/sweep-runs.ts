import type { ControlPlaneActivities, RunId, RunJobInput } from '@bigeye/contracts';
import { attempt, type Logger, pause, takeTurns } from '@bigeye/service-kit';
import { finalStatus } from '@bigeye/workflows/final-status';
import type { ChangeFeed } from '../db/change-feed.ts';
import { endRevoked } from './revoke-host.ts';
import type { OfferingDispatcher, RunStarter } from './run-dispatcher.ts';
import type { RunStore } from './run-store.ts';

export interface SweepDeps {
  runStore: RunStore;
  starter: RunStarter;
  dispatcher: OfferingDispatcher;
  /** What workflows record, for one that can no longer do it. */
  records: Pick<ControlPlaneActivities, 'recordRunStatus' | 'findReportedEnd'>;
  changes: ChangeFeed;
  log: Logger;
}

type Pause = (ms: number, signal: AbortSignal) => Promise<void>;

const sweepEveryMs = 2_000;
const reconcileEveryMs = 30_000;
/** A status is recorded by the workflow's last act, so a closed workflow is judged only after a while. */
const settledAfterMs = 30_000;
const batch = 100;
/** Calls to Temporal that are under way together. */
const atOnce = 8;

/**
 * Brings the table of runs and Temporal together until `signal`, whatever died in between: queued runs without a workflow
 * are started, cancels are repeated until they took effect, runs of revoked hosts are ended, and active runs whose
 * workflow vanished or is stuck are started again (their containers are adopted by the host) or, where it ended without
 * recording a status, ended by what their host reported, or else given up. One process does it for all. None of the loops waits for another.
 */
export async function sweepRuns(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const { changes, dispatcher, log } = deps;
  const hint = createHint();
  using _hints = changes.subscribe({
    onChange: (change) => {
      if (!('runId' in change)) return;
      if (change.what === 'queued') hint.give();
      if (change.what === 'cancel') void dispatcher.cancel(change.runId);
      if (change.what === 'abandon') void dispatcher.abandon(change.runId);
    },
    onGap: () => hint.give(),
  });
  const repeat = async (what: string, everyMs: number, act: () => Promise<void>, wait: Pause = pause) => {
    while (!signal.aborted) {
      await attempt(log, what, act);
      await wait(everyMs, signal);
    }
  };
  await Promise.all([
    repeat('queued runs could not be looked up', sweepEveryMs, () => offerQueued(deps, signal), hint.pause),
    repeat('cancels could not be looked up', sweepEveryMs, () => repeatCancels(deps, signal)),
    repeat('runs of revoked hosts could not be looked up', sweepEveryMs, () => endOfRevoked(deps)),
    repeat('runs could not be looked up', reconcileEveryMs, () => reconcile(deps, signal)),
  ]);
}

/** A pause that a hint ends; one that was given since the last pause is not forgotten. */
function createHint() {
  let isGiven = false;
  let end: () => void = () => undefined;
  return {
    give: () => {
      isGiven = true;
      end();
    },
    pause: async (ms: number, signal: AbortSignal) => {
      if (!isGiven)
        await new Promise<void>((resolve) => {
          end = resolve;
          void pause(ms, signal).then(resolve);
        });
      isGiven = false;
    },
  };
}

/** Oldest first, until none waits or Temporal takes none. */
async function offerQueued({ runStore, dispatcher }: SweepDeps, signal: AbortSignal): Promise<void> {
  let offered = 0;
  let waiting: RunJobInput[];
  do {
    waiting = await runStore.listUndispatched(batch);
    offered = 0;
    await inParallel(waiting, signal, async (input) => {
      if (await dispatcher.offer(input)) offered++;
    });
  } while (waiting.length === batch && offered > 0 && !signal.aborted);
}

async function repeatCancels({ runStore, dispatcher }: SweepDeps, signal: AbortSignal): Promise<void> {
  await inParallel(await runStore.listCancelRequested(), signal, (runId) => dispatcher.cancel(runId));
}

async function endOfRevoked(deps: SweepDeps): Promise<void> {
  for (const { runId, hostId } of await deps.runStore.listActiveOfRevokedHosts()) await endRevoked(deps, runId, hostId);
}

async function reconcile(deps: SweepDeps, signal: AbortSignal): Promise<void> {
  const { runStore, starter, log } = deps;
  const runIds = await runStore.listActiveDispatchedBefore(new Date(Date.now() - settledAfterMs));
  await inParallel(runIds, signal, (runId) =>
    attempt(
      log,
      'run could not be looked up',
      async () => {
        const state = await starter.stateOf(runId);
        if (state === 'absent') await starter.start(await runStore.getWorkflowInput(runId));
        if (state === 'stuck') {
          log.error(
            { runId },
            'workflow makes no progress, as after an upgrade that cannot go on with it; started anew',
          );
          await starter.startAnew(await runStore.getWorkflowInput(runId));
        }
        if (state === 'closed') await endUnrecorded(deps, runId);
      },
      { runId },
    ),
  );
}

/** Of a workflow that ended without recording how the run did. */
async function endUnrecorded({ runStore, records }: SweepDeps, runId: RunId): Promise<void> {
  const end = await records.findReportedEnd(runId);
  if (end) return await records.recordRunStatus(finalStatus(await runStore.getWorkflowInput(runId), end));
  const failure = { code: 'RUN_END_UNKNOWN', details: {} };
  await records.recordRunStatus({ runId, status: 'failed', exit: null, failure });
}

/** In order, a few at a time, and no more once `signal` is aborted. */
async function inParallel<T>(items: T[], signal: AbortSignal, act: (item: T) => Promise<void>): Promise<void> {
  const inTurn = takeTurns(atOnce);
  await Promise.all(items.map((item) => inTurn(async () => (signal.aborted ? undefined : await act(item)))));
}
