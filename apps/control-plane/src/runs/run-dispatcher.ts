import type { RunId, RunJobInput } from '@bigeye/contracts';
import { attempt, type Logger } from '@bigeye/service-kit';
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
  /** `absent`: Temporal does not know the run. `closed`: its workflow ended. */
  stateOf(runId: RunId): Promise<'open' | 'closed' | 'absent'>;
}

/** Tells Temporal what became of a run. None of it throws: what fails now is repeated by the sweep (`sweep-runs.ts`). */
export interface RunDispatcher {
  /** Offers a queued run to its host now. */
  dispatch(input: RunJobInput): Promise<void>;
  cancel(runId: RunId): Promise<void>;
  /** Lets go of a run whose end is recorded already. */
  abandon(runId: RunId): Promise<void>;
}

/** In a process that has a connection to Temporal. */
export function createRunDispatcher(deps: { runStore: RunStore; starter: RunStarter; log: Logger }): RunDispatcher {
  const { runStore, starter, log } = deps;
  return {
    dispatch: (input) =>
      attempt(
        log,
        'run could not be offered yet',
        async () => {
          await starter.start(input);
          await runStore.recordDispatched(input.runId);
        },
        { runId: input.runId },
      ),
    cancel: (runId) => attempt(log, 'cancel could not be delivered yet', () => starter.cancel(runId), { runId }),
    abandon: (runId) => attempt(log, 'workflow could not be ended', () => starter.terminate(runId), { runId }),
  };
}

/** In a process that has none: the one that sweeps the runs is told, and does it at once. */
export function createRemoteDispatcher(changes: ChangeFeed): RunDispatcher {
  const tell = (runId: RunId, what: 'queued' | 'cancel' | 'abandon') =>
    changes.announce({ runId, what }).catch(() => undefined);
  return {
    dispatch: ({ runId }) => tell(runId, 'queued'),
    cancel: (runId) => tell(runId, 'cancel'),
    abandon: (runId) => tell(runId, 'abandon'),
  };
}
