import type { AppError } from '@bigeye/contracts';
import { createDataConverter, type Logger } from '@bigeye/service-kit';
import { type ControlPlaneConfig, keptDaysOf } from '../config.ts';
import { lead } from '../db/lead.ts';
import { keepHouse } from '../retention/keep-house.ts';
import { countRuns } from '../runs/count-runs.ts';
import { createRunDispatcher, type RunDispatcher } from '../runs/run-dispatcher.ts';
import { sweepRuns } from '../runs/sweep-runs.ts';
import type { TemporalTarget } from '../temporal/connect.ts';
import { createControlPlaneActivities } from '../temporal/control-plane-activities.ts';
import { startWorkflowEngine } from '../temporal/workflow-engine.ts';
import type { Ground } from './ground.ts';

export interface WorkerRole extends AsyncDisposable {
  dispatcher: RunDispatcher;
  /** True while Temporal answers us; otherwise what is wrong. */
  readiness(): Promise<true | AppError>;
}

/** Runs workflows, and in one process of all sweeps the runs, counts them and keeps the house. */
export async function startWorkerRole(
  { stores, changes, objects, payloadKeys }: Ground,
  { config, temporal, log }: { config: ControlPlaneConfig; temporal: TemporalTarget; log: Logger },
): Promise<WorkerRole> {
  await using starting = new AsyncDisposableStack();
  const { runStore, leaseStore } = stores;
  const activities = createControlPlaneActivities(runStore, log);
  const engine = starting.use(
    await startWorkflowEngine({
      target: temporal,
      bundle: config.WORKFLOW_BUNDLE,
      activities,
      dataConverter: createDataConverter(payloadKeys),
      log,
    }),
  );
  const dispatcher = createRunDispatcher({ runStore, starter: engine.starter, changes, log });
  const sweep = { runStore, starter: engine.starter, dispatcher, records: activities, changes, log };
  starting.use(lead({ leaseStore, name: 'runs', log }, (signal) => sweepRuns(sweep, signal)));
  starting.use(lead({ leaseStore, name: 'run counts', log }, (signal) => countRuns({ ...stores, log }, signal)));
  const house = { ...stores, objects, keptDays: keptDaysOf(config), log };
  starting.use(lead({ leaseStore, name: 'house', log }, (signal) => keepHouse(house, signal)));
  const running = starting.move();
  return {
    dispatcher,
    readiness: () => engine.readiness(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
