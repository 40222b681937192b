import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { docker } from '../../support/control-plane-process.ts';
import type { Cell, Moment } from '../chaos-cell.ts';
import type { ChaosHost } from '../chaos-host.ts';

const lengths = {
  // Connections survive it: what was lost on the way is sent again.
  '4 s': 4_000,
  // Attempts are given up, the host is shown offline, and the run ends meanwhile.
  '40 s': 40_000,
};
const moments: Moment[] = ['accepted', 'started', 'in the middle', 'exited'];

/** Packets vanish on their way, without a word to either side. */
export const cuts: Cell[] = Object.entries(lengths).flatMap(([length, ms]) =>
  moments.map((when) => ({
    what: `network to the control plane cut for ${length}`,
    when,
    ending: 'by itself',
    play: async (scene) => {
      await scene.reach(when);
      const addresses = scene.stage.hosts.map(addressOf);
      for (const address of addresses) filter('-I', address);
      try {
        scene.letGo();
        await delay(ms);
      } finally {
        for (const address of addresses) filter('-D', address);
      }
    },
  })),
);

/** Of the orchestrator, in the network by which it gets out. */
function addressOf(host: ChaosHost): string {
  const networks = JSON.parse(
    docker('inspect', '-f', '{{json .NetworkSettings.Networks}}', host.containerOf('bigeye-agent-orchestrator')),
  ) as Record<string, { IPAddress: string }>;
  const [, egress] = Object.entries(networks).find(([name]) => name.endsWith('_egress')) ?? [];
  if (!egress?.IPAddress) throw new Error(`${host.id} has no way out`);
  return egress.IPAddress;
}

/** Between that address and this machine, which the control plane is on. */
function filter(change: '-I' | '-D', address: string): void {
  execFileSync('iptables', ['-w', change, 'INPUT', '-s', address, '-j', 'DROP']);
  execFileSync('iptables', ['-w', change, 'OUTPUT', '-d', address, '-j', 'DROP']);
}
