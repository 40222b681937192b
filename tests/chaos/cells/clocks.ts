import { existsSync, readdirSync } from 'node:fs';
import type { Cell, Moment } from '../chaos-cell.ts';

/** Debian's package `libfaketime`; where it is not installed these cells are left out. */
export function findFakeTime(): string | undefined {
  const folder = '/usr/lib';
  return readdirSync(folder)
    .map((name) => `${folder}/${name}/faketime/libfaketime.so.1`)
    .find(existsSync);
}

const jumps = { 'an hour forward': '+1h', 'an hour back': '-1h' };
const moments: Moment[] = ['starting', 'in the middle'];

/** The orchestrator's clock alone: that of the engine, which says when a container started, goes on as it was. */
export const clocks: Cell[] = Object.entries(jumps).flatMap(([jump, offset]) =>
  moments.map((when) => ({
    what: `the orchestrator's clock jumps ${jump}`,
    when,
    ending: 'by itself',
    play: async (scene) => {
      const { hosts } = scene.stage;
      const library = findFakeTime();
      if (library === undefined) throw new Error('libfaketime is not installed');
      await Promise.all(hosts.map((host) => host.useFakeTime(library)));
      try {
        await scene.reach(when);
        for (const host of hosts) host.setClock(offset);
        scene.letGo();
        await scene.ended();
      } finally {
        await Promise.all(hosts.map((host) => host.useRealTime()));
      }
    },
  })),
);
