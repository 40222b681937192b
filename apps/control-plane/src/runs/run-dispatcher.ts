import type { HostId, RecordedFailure, RunId, RunJobInput } from '@bigeye/contracts';
import { type Logger, pause } from '@bigeye/service-kit';
import type { RunStore } from './run-store.ts';

/** What the dispatcher needs of Temporal, in our words. Each call may be repeated. */
export interface RunStarter {
  start(input: RunJobInput): Promise<void>;
  cancel(runId: RunId): Promise<void>;
  /** Ends the workflow at once, without another word to the host. */
  terminate(runId: RunId): Promise<void>;
  /** `absent`: Temporal does not know the run. `closed`: its workflow ended. */
  stateOf(runId: RunId): Promise<'open' | 'closed' | 'absent'>;
}

export interface RunDispatcher extends AsyncDisposable {
  /** Offers the run now. Never throws: what fails now is repeated by the sweep. */
  dispatch(input: RunJobInput): Promise<void>;
  cancel(runId: RunId): Promise<void>;
  /** Lets go of a run whose end is recorded already. */
  abandon(runId: RunId): Promise<void>;
}

const sweepEveryMs = 2_000;
const reconcileEveryMs = 30_000;
/** A status is recorded by the workflow's last act, so a closed workflow is judged only after a while. */
const settledAfterMs = 30_000;
const batch = 50;

/** Why the runs of a revoked host end. */
export const hostRevoked = (hostId: HostId): RecordedFailure => ({ code: 'HOST_REVOKED', details: { hostId } });

/**
 * Brings the table of runs and Temporal together, whatever died in between: queued runs without a workflow are started,
 * cancels are repeated until they took effect, and active runs whose workflow vanished are started again (their
 * containers are adopted by the host) or, where it ended without recording a status, given up.
 */
export function createRunDispatcher(deps: { runStore: RunStore; starter: RunStarter; log: Logger }): RunDispatcher {
  const { runStore, starter, log } = deps;
  const closing = new AbortController();
  const attempt = async (what: string, runId: RunId | undefined, act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      log.warn({ runId, reason: error instanceof Error ? error.message : String(error) }, what);
    }
  };
  const offer = (input: RunJobInput) =>
    attempt('run could not be offered yet', input.runId, async () => {
      await starter.start(input);
      await runStore.recordDispatched(input.runId);
    });

  async function sweep(): Promise<void> {
    for (const input of await runStore.listUndispatched(batch)) await offer(input);
    for (const runId of await runStore.listCancelRequested())
      await attempt('cancel could not be delivered yet', runId, () => starter.cancel(runId));
    for (const { runId, hostId } of await runStore.listActiveOfRevokedHosts())
      await attempt('run of a revoked host could not be ended yet', runId, async () => {
        await runStore.recordStatus({ runId, status: 'failed', exit: null, failure: hostRevoked(hostId) });
        await starter.terminate(runId);
      });
  }

  async function reconcile(): Promise<void> {
    for (const runId of await runStore.listActiveDispatchedBefore(new Date(Date.now() - settledAfterMs)))
      await attempt('run could not be looked up', runId, async () => {
        const state = await starter.stateOf(runId);
        if (state === 'absent') await starter.start(await runStore.getWorkflowInput(runId));
        if (state === 'closed')
          await runStore.recordStatus({
            runId,
            status: 'failed',
            exit: null,
            failure: { code: 'INTERNAL', details: {} },
          });
      });
  }

  const sweeping = (async () => {
    let reconciledAt = 0;
    while (!closing.signal.aborted) {
      await attempt('sweep failed', undefined, sweep);
      if (Date.now() - reconciledAt > reconcileEveryMs) {
        reconciledAt = Date.now();
        await attempt('reconciliation failed', undefined, reconcile);
      }
      await pause(sweepEveryMs, closing.signal);
    }
  })();

  return {
    dispatch: offer,
    cancel: (runId) => attempt('cancel could not be delivered yet', runId, () => starter.cancel(runId)),
    abandon: (runId) => attempt('workflow could not be ended', runId, () => starter.terminate(runId)),
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await sweeping;
    },
  };
}
