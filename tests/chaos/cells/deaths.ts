import type { Cell, Moment, Scene } from '../chaos-cell.ts';
import { boundaries } from '../chaos-host.ts';
import type { Ending } from '../chaos-run.ts';

/** Each dies by SIGKILL. Docker starts a host's services again, the suite the rest. */
const victims: Record<string, (scene: Scene) => Promise<void>> = {
  'the orchestrator': async ({ stage }) => {
    for (const host of stage.hosts) host.kill('bigeye-agent-orchestrator');
  },
  'the guard': async ({ stage }) => {
    for (const host of stage.hosts) host.kill('docker-socket-proxy');
  },
  'the control plane': async ({ stage }) => await stage.controlPlane.kill(),
  Temporal: async ({ stage }) => void process.kill(stage.servers.temporalPid(), 'SIGKILL'),
  PostgreSQL: async ({ stage }) => void process.kill(stage.servers.postgresPid(), 'SIGKILL'),
  'all at once': async ({ stage }) => {
    const ofHosts = stage.hosts.flatMap((host) => [
      host.pidOf('bigeye-agent-orchestrator'),
      host.pidOf('docker-socket-proxy'),
    ]);
    for (const pid of [...ofHosts, stage.servers.temporalPid(), stage.servers.postgresPid()])
      process.kill(pid, 'SIGKILL');
    await stage.controlPlane.kill();
  },
};

const moments: Moment[] = [...boundaries, 'in the middle'];

export const deaths: Cell[] = Object.entries(victims).flatMap(([victim, kill]) =>
  moments.map((moment) => ({
    what: `SIGKILL of ${victim}`,
    when: moment,
    ending: endingAt(moment),
    play: async (scene: Scene) => {
      await scene.reach(moment);
      await kill(scene);
      scene.letGo();
      if (scene.stage.controlPlane.isDown()) await scene.stage.controlPlane.start();
    },
  })),
);

/** To two of the moments a run only comes by a cancel. */
function endingAt(moment: Moment): Ending {
  return moment === 'stopping' || moment === 'settled' ? 'canceled' : 'by itself';
}
