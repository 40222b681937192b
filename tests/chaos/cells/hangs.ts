import { setTimeout as delay } from 'node:timers/promises';
import type { Cell, Scene } from '../chaos-cell.ts';

/** Longer than the 15 s after which Temporal takes an attempt for dead that does not beat. */
const hangsMs = 20_000;

const victims: Record<string, (scene: Scene) => number[]> = {
  'the guard': ({ stage }) => stage.hosts.map((host) => host.pidOf('docker-socket-proxy')),
  'the control plane': ({ stage }) => [stage.controlPlane.pid()],
  Temporal: ({ stage }) => [stage.servers.temporalPid()],
  PostgreSQL: ({ stage }) => [stage.servers.postgresPid(), ...stage.servers.postgresChildren()],
};

/** It does not die, it stands still: whoever talks to it gets no answer and no error. */
export const hangs: Cell[] = Object.entries(victims).map(([victim, pidsOf]) => ({
  what: `SIGSTOP of ${victim} for 20 s`,
  when: 'in the middle',
  ending: 'by itself',
  play: async (scene) => {
    await scene.reach('in the middle');
    const pids = pidsOf(scene);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await delay(hangsMs);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  },
}));
