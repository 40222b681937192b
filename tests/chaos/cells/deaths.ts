import { type Cell, type Moment, type Scene, untilEndedByEngine } from '../chaos-cell.ts';
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

const atEachMoment: Cell[] = Object.entries(victims).flatMap(([victim, kill]) =>
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

/** A cancel is written down, and nobody is there to carry it out before the agent has done its work. */
const endsUnstopped: Cell = {
  what: 'SIGKILL of the orchestrator',
  when: 'stopping, and the agent ends by itself before it is stopped',
  ending: 'by itself',
  play: async (scene) => {
    const { stage } = scene;
    await scene.reach('stopping');
    await untilEndedByEngine(scene);
    for (const host of stage.hosts) host.kill('bigeye-agent-orchestrator');
    scene.letGo();
  },
};

export const deaths: Cell[] = [...atEachMoment, endsUnstopped];

/** To two of the moments a run only comes by a cancel. */
function endingAt(moment: Moment): Ending {
  return moment === 'stopping' || moment === 'settled' ? 'canceled' : 'by itself';
}
