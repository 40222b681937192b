import { setTimeout as delay } from 'node:timers/promises';
import { docker } from '../../support/control-plane-process.ts';
import { type Cell, type Moment, orchestratorsOf, type Scene, untilEndedByEngine } from '../chaos-cell.ts';
import type { Ending } from '../chaos-run.ts';

async function whileAway(scene: Scene, act: () => Promise<void>): Promise<void> {
  const orchestrators = orchestratorsOf(scene);
  docker('stop', '-t', '5', ...orchestrators);
  try {
    await act();
  } finally {
    docker('start', ...orchestrators);
  }
}

const at = (when: Moment, ending: Ending): Cell => ({
  what: 'cancel',
  when,
  ending,
  play: async (scene) => {
    await scene.reach(when);
    await scene.cancel();
    scene.letGo();
  },
});

const withDeathOfOrchestrator = (when: Moment): Cell => ({
  what: 'cancel, and SIGKILL of the orchestrator',
  when,
  ending: 'canceled',
  play: async (scene) => {
    await scene.reach(when);
    await scene.cancel();
    for (const host of scene.stage.hosts) host.kill('bigeye-agent-orchestrator');
    scene.letGo();
  },
});

/** How many milliseconds after the start, spread over what a start takes. */
const spreadMs = 900;

export const cancels: Cell[] = [
  at('accepted', 'canceled'),
  at('starting', 'canceled'),
  at('started', 'canceled'),
  at('in the middle', 'canceled'),
  // From here on the run has ended by itself, and is told so.
  at('exited', 'by itself'),
  at('reported', 'by itself'),
  withDeathOfOrchestrator('accepted'),
  withDeathOfOrchestrator('starting'),
  withDeathOfOrchestrator('started'),
  withDeathOfOrchestrator('in the middle'),
  {
    what: 'cancel',
    when: 'at any moment of the start',
    ending: 'canceled',
    play: async (scene) => {
      await scene.start();
      await Promise.all(
        scene.trials.map(async ({ runId }) => {
          await delay(Math.random() * spreadMs);
          await scene.stage.controlPlane.admin.call('cancelRun', { params: { runId } });
        }),
      );
    },
  },
  {
    what: 'cancel twice',
    when: 'in the middle',
    ending: 'canceled',
    play: async (scene) => {
      await scene.reach('in the middle');
      await Promise.all([scene.cancel(), scene.cancel()]);
    },
  },
  {
    what: 'cancel, and SIGKILL of the control plane',
    when: 'in the middle',
    ending: 'canceled',
    play: async (scene) => {
      await scene.reach('in the middle');
      await scene.cancel();
      await scene.stage.controlPlane.kill();
      await scene.stage.controlPlane.start();
    },
  },
  {
    what: 'cancel while the host is away',
    when: 'queued',
    ending: 'canceled',
    play: (scene) =>
      whileAway(scene, async () => {
        await scene.start();
        await scene.cancel();
      }),
  },
  {
    what: 'cancel while the host is away, and the agent ends meanwhile',
    when: 'in the middle',
    ending: 'by itself',
    play: async (scene) => {
      await scene.reach('in the middle');
      await whileAway(scene, async () => {
        await scene.cancel();
        await untilEndedByEngine(scene);
      });
    },
  },
];
