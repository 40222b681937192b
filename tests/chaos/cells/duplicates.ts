import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@bigeye/testkit';
import { docker } from '../../support/control-plane-process.ts';
import { type Cell, isHealthy, type Moment, orchestratorsOf } from '../chaos-cell.ts';
import type { Boundary } from '../chaos-host.ts';

/** Longer than the 15 s after which Temporal takes an attempt for dead and hands the activity out again. */
const takenForDeadMs = 20_000;

/** The process is frozen, so that its attempt is given up; it knows nothing of it when it goes on. */
const oldAttempt = (when: Moment): Cell => ({
  what: 'an attempt that was given up comes back',
  when,
  ending: 'by itself',
  play: async (scene) => {
    await scene.reach(when);
    const orchestrators = orchestratorsOf(scene);
    docker('pause', ...orchestrators);
    try {
      await delay(takenForDeadMs);
    } finally {
      docker('unpause', ...orchestrators);
    }
    scene.letGo();
  },
});

/** At its start, the second one tells Temporal that the attempts of the first are over, and they are handed out again. */
const secondOrchestrator = (when: Moment): Cell => ({
  what: 'the same activity in two orchestrators of the host',
  when,
  ending: 'by itself',
  play: async (scene) => {
    const { hosts } = scene.stage;
    await scene.reach(when, { firstAlone: true });
    try {
      await Promise.all(
        hosts.map((host) => host.compose('up', '--detach', '--no-recreate', '--no-deps', ...scaled(2))),
      );
      const ids = hosts.flatMap((host) =>
        docker('ps', '-q', '--filter', `name=${host.id}-bigeye-agent-orchestrator-2$`),
      );
      await until(() => ids.every(isHealthy), {
        timeoutMs: 90_000,
        late: () => 'the second orchestrator is not healthy',
      });
      scene.letGo();
      await scene.ended();
    } finally {
      scene.letGo();
      await Promise.all(
        hosts.map((host) => host.compose('up', '--detach', '--no-recreate', '--no-deps', ...scaled(1))),
      );
    }
  },
});

const scaled = (count: number) => ['--scale', `bigeye-agent-orchestrator=${count}`, 'bigeye-agent-orchestrator'];

const moments: Moment[] = ['accepted', 'starting', 'started', 'in the middle', 'exited'] satisfies (
  | Boundary
  | 'in the middle'
)[];

export const duplicates: Cell[] = [...moments.map(oldAttempt), ...moments.map(secondOrchestrator)];
