import { setTimeout as delay } from 'node:timers/promises';
import type { Cell, Moment } from '../chaos-cell.ts';

/** The old one is asked to end while it stands still, and comes to it when it goes on. */
const askedMs = 1_000;
let build = 1;

const ofOrchestrator = (when: Moment): Cell => ({
  what: 'the orchestrator is replaced by another build',
  when,
  ending: when === 'stopping' ? 'canceled' : 'by itself',
  play: async (scene) => {
    build = build === 1 ? 2 : 1;
    await scene.reach(when);
    const replaced = Promise.all(scene.stage.hosts.map((host) => host.useBuild(build)));
    await delay(askedMs);
    scene.letGo();
    await replaced;
  },
});

const ofControlPlane = (when: Moment): Cell => ({
  what: 'the control plane is replaced by another build',
  when,
  ending: when === 'stopping' ? 'canceled' : 'by itself',
  play: async (scene) => {
    const { controlPlane } = scene.stage;
    await scene.reach(when);
    const stopped = controlPlane.stop();
    await delay(askedMs);
    scene.letGo();
    await stopped;
    await controlPlane.start(controlPlane.build() === 'sources' ? 'bundle' : 'sources');
  },
});

const moments: Moment[] = ['accepted', 'starting', 'started', 'in the middle', 'stopping', 'exited'];

export const upgrades: Cell[] = [...moments.map(ofOrchestrator), ...moments.map(ofControlPlane)];
