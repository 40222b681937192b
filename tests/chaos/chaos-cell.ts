import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@bigeye/testkit';
import { docker } from '../support/control-plane-process.ts';
import type { Boundary } from './chaos-host.ts';
import { type Ending, findEnded, judge, type OrderName, type Trial, type Verdict } from './chaos-run.ts';
import type { Stage } from './chaos-stage.ts';

/** When in the life of a run: it stands still at an entry of its journal, or it is in the middle of its lines. */
export type Moment = Boundary | 'in the middle';

export interface Cell {
  what: string;
  when: string;
  ending: Ending;
  /** Starts the runs and does to them what the cell is about. All that it halted is let go of afterwards. */
  play(scene: Scene): Promise<void>;
}

/** What a cell does its work with: the stage, and one run on each host. */
export interface Scene {
  stage: Stage;
  trials: Trial[];
  /** Starts a run on each host. */
  start(): Promise<void>;
  cancel(): Promise<void>;
  /**
   * Starts the runs and brings each to the moment, at which it stands still if it is an entry of the journal. `firstAlone`:
   * what another orchestrator of the host does is not held up.
   */
  reach(moment: Moment, options?: { firstAlone: boolean }): Promise<void>;
  /** All that stand still go on. */
  letGo(): void;
  /** Waits until no run is active. */
  ended(): Promise<void>;
}

export const orchestratorsOf = ({ stage }: Scene): string[] =>
  stage.hosts.map((host) => host.containerOf('bigeye-agent-orchestrator'));

export const isHealthy = (container: string): boolean =>
  docker('inspect', '-f', '{{.State.Health.Status}}', container) === 'healthy';

/** By the engine's word, whatever the product says. */
export async function untilEndedByEngine({ stage, trials }: Scene): Promise<void> {
  const hasEnded = () => trials.every(({ runId }) => stage.witness.of(runId).exitCodes.length > 0);
  await until(hasEnded, { timeoutMs: 90_000, late: () => 'the containers go on' });
}

const cancelArrivesMs = 2_000;
const endings: OrderName[] = ['ends-0', 'ends-3', 'ends-9'];

/** Runs a cell, once on each host, and judges every run. */
export async function runCell(stage: Stage, cell: Cell): Promise<Verdict[]> {
  const scene = createScene(stage, cell.ending);
  try {
    await cell.play(scene);
  } catch (error) {
    const states = await statesOf(scene);
    scene.letGo();
    // What is left of them would be taken for the runs of the next cell.
    await scene.cancel().catch(() => undefined);
    await scene.ended();
    throw new Error(`${(error as Error).message}; ${states}`, { cause: error });
  } finally {
    scene.letGo();
  }
  return await Promise.all(
    scene.trials.map((trial) => judge(stage.controlPlane, trial, cell.ending, () => stage.witness.of(trial.runId))),
  );
}

/** What the product says of the runs of a cell that could not be played. */
async function statesOf({ stage, trials }: Scene): Promise<string> {
  const stateOf = async ({ runId }: Trial) => {
    const { status, waitingFor, failure } = await stage.controlPlane.admin.call('getRun', { params: { runId } });
    return `${runId} is ${status}, ${waitingFor ?? failure?.message ?? 'waits for nothing'}`;
  };
  return (await Promise.allSettled(trials.map(stateOf)))
    .map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))
    .join('; ');
}

function createScene(stage: Stage, ending: Ending): Scene {
  const { hosts, controlPlane } = stage;
  const halts = new Set<Boundary>();
  const haltAll = (step: Boundary, firstAlone = false) => {
    halts.add(step);
    for (const host of hosts) host.haltAt(step, firstAlone ? host.containerOf('bigeye-agent-orchestrator') : undefined);
  };
  const scene: Scene = {
    stage,
    trials: [],
    start: async () => {
      scene.trials = await Promise.all(
        hosts.map(async (host, index) => {
          const order = ending === 'canceled' ? 'goes-on' : (endings[index % endings.length] as OrderName);
          const marksBefore = host.marks().length;
          return { host, order, marksBefore, runId: (await host.start(order)).id };
        }),
      );
    },
    cancel: async () => {
      const cancel = ({ runId }: Trial) => controlPlane.admin.call('cancelRun', { params: { runId } });
      await Promise.all(scene.trials.map(cancel));
    },
    reach: async (moment, { firstAlone } = { firstAlone: false }) => {
      if (moment === 'settled') return await reachSettled();
      if (moment !== 'in the middle') haltAll(moment, firstAlone);
      await scene.start();
      if (moment === 'in the middle' || moment === 'stopping') await Promise.all(scene.trials.map(inTheMiddle));
      if (moment === 'stopping') await scene.cancel();
      if (moment !== 'in the middle') await Promise.all(hosts.map((host) => host.halted(moment)));
    },
    letGo: () => {
      for (const step of halts) for (const host of hosts) host.letGo(step);
      halts.clear();
    },
    ended: async () => {
      await Promise.all(scene.trials.map(({ runId }) => findEnded(controlPlane, runId)));
    },
  };

  const inTheMiddle = async ({ runId }: Trial) => {
    const linesOf = async () => (await controlPlane.admin.call('getRun', { params: { runId } })).logLines;
    await until(async () => (await linesOf()) > 5, { timeoutMs: 90_000, late: () => `${runId} says nothing` });
  };

  /** A cancel that comes while the start is accepted and no container was started. */
  const reachSettled = async () => {
    haltAll('accepted');
    await scene.start();
    await Promise.all(hosts.map((host) => host.halted('accepted')));
    await scene.cancel();
    // The cancel reaches the process while it stands still, and nothing outside of it tells when.
    await delay(cancelArrivesMs);
    haltAll('settled');
    for (const host of hosts) host.letGo('accepted');
    halts.delete('accepted');
    await Promise.all(hosts.map((host) => host.halted('settled')));
  };
  return scene;
}
