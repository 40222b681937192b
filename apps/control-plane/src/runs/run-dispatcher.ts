import type { RunId, RunJobInput } from '@bigeye/contracts';
import { attempt, type Logger, reasonOf } from '@bigeye/service-kit';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { RunStore } from './run-store.ts';

/** What we need of Temporal, in our words. Each call may be repeated. */
export interface RunStarter {
  start(input: RunJobInput): Promise<void>;
  cancel(runId: RunId): Promise<void>;
  /** Ends the workflow at once, without another word to the host. */
  terminate(runId: RunId): Promise<void>;
  /** Whether the start of a run that waits for its host was ever given to it. */
  wasHandedOut(runId: RunId): Promise<boolean>;
  /** In the place of a workflow that is stuck, in one step. Its host takes up what it has of the run. */
  startAnew(input: RunJobInput): Promise<void>;
  /** `absent`: Temporal does not know the run. `closed`: its workflow ended. `stuck`: its code fails again and again. */
  stateOf(runId: RunId): Promise<'open' | 'stuck' | 'closed' | 'absent'>;
}

/** Tells Temporal what became of a run. None of it throws: what fails now is repeated by the sweep (`sweep-runs.ts`). */
export interface RunDispatcher {
  /** Offers a queued run to its host: now, or, where more are asked for than Temporal answers, when it is its turn. */
  dispatch(input: RunJobInput): Promise<void>;
  cancel(runId: RunId): Promise<void>;
  /** Lets go of a run whose end is recorded already. */
  abandon(runId: RunId): Promise<void>;
}

/** The one of a process that has a connection to Temporal. */
export interface OfferingDispatcher extends RunDispatcher {
  /** Offers a run whose turn it is. False where Temporal did not take it. */
  offer(input: RunJobInput): Promise<boolean>;
}

/** Offers that are not answered yet, of those who ask and of the sweep together. What comes on top waits in the database. */
const offersAtOnce = 16;
/** For so long after one had to wait all do, so that none that came later goes first. */
const queueingMs = 1_000;

export function createRunDispatcher(deps: {
  runStore: RunStore;
  starter: RunStarter;
  changes: ChangeFeed;
  log: Logger;
}): OfferingDispatcher {
  const { runStore, starter, changes, log } = deps;
  const underWay = new Map<RunId, Promise<boolean>>();
  let queueingUntil = 0;
  const start = async (input: RunJobInput): Promise<boolean> => {
    try {
      await starter.start(input);
      await runStore.recordDispatched(input.runId);
      return true;
    } catch (error) {
      log.warn({ runId: input.runId, reason: reasonOf(error) }, 'run could not be offered yet');
      return false;
    } finally {
      underWay.delete(input.runId);
    }
  };
  const offer = (input: RunJobInput): Promise<boolean> => {
    const offering = underWay.get(input.runId) ?? start(input);
    underWay.set(input.runId, offering);
    return offering;
  };
  return {
    offer,
    dispatch: async (input) => {
      if (underWay.size >= offersAtOnce) queueingUntil = Date.now() + queueingMs;
      if (Date.now() < queueingUntil) await tell(changes, input.runId, 'queued');
      else await offer(input);
    },
    cancel: (runId) => attempt(log, 'cancel could not be delivered yet', () => starter.cancel(runId), { runId }),
    abandon: (runId) => attempt(log, 'workflow could not be ended', () => starter.terminate(runId), { runId }),
  };
}

/** In a process that has none: the one that sweeps the runs is told, and does it at once. */
export function createRemoteDispatcher(changes: ChangeFeed): RunDispatcher {
  return {
    dispatch: ({ runId }) => tell(changes, runId, 'queued'),
    cancel: (runId) => tell(changes, runId, 'cancel'),
    abandon: (runId) => tell(changes, runId, 'abandon'),
  };
}

const tell = (changes: ChangeFeed, runId: RunId, what: 'queued' | 'cancel' | 'abandon'): Promise<void> =>
  changes.announce({ runId, what }).catch(() => undefined);
