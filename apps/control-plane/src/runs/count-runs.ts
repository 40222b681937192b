import { attempt, type Logger, pause } from '@bigeye/service-kit';
import type { RunCountStore } from './run-count-store.ts';
import type { RunEventStore } from './run-event-store.ts';

export interface CountDeps {
  runEventStore: RunEventStore;
  runCountStore: RunCountStore;
  log: Logger;
}

const countEveryMs = 5_000;
const batch = 1_000;

/** Keeps the counts of runs up with what happened, until `signal`. */
export async function countRuns(deps: CountDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await attempt(deps.log, 'runs could not be counted yet', () => countNew(deps, signal));
    await pause(countEveryMs, signal);
  }
}

/** Until there is no event that was not counted. */
export async function countNew({ runEventStore, runCountStore }: CountDeps, signal: AbortSignal): Promise<void> {
  let handled = batch;
  while (handled === batch && !signal.aborted)
    handled = await runEventStore.consume({ name: 'run counts', limit: batch }, runCountStore.addEvents);
}
