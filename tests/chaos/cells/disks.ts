import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@bigeye/testkit';
import { docker } from '../../support/control-plane-process.ts';
import { type Cell, isHealthy, orchestratorsOf, type Scene, untilEndedByEngine } from '../chaos-cell.ts';
import type { Boundary, ChaosHost } from '../chaos-host.ts';
import { mountSmallDisk, type SmallDisk } from '../small-disk.ts';

type Folders = (host: ChaosHost) => string[];
const journal: Folders = ({ home }) => [join(home, 'journal')];
/** Of every slot: which one a run gets is the product's affair. */
const inFolders: Folders = ({ home }) =>
  readdirSync(join(home, 'runs')).flatMap((name) => (name.endsWith('-in') ? [join(home, 'runs', name)] : []));

/** For as long as `act` takes, these folders of each host lie on disks of their own. */
async function onSmallDisks(scene: Scene, folders: Folders, act: (disks: SmallDisk[]) => Promise<void>): Promise<void> {
  const orchestrators = orchestratorsOf(scene);
  using mounted = new DisposableStack();
  docker('stop', '-t', '10', ...orchestrators);
  const disks = scene.stage.hosts.flatMap((host) => folders(host).map((folder) => mounted.use(mountSmallDisk(folder))));
  docker('start', ...orchestrators);
  try {
    await until(() => orchestrators.every(isHealthy), {
      timeoutMs: 90_000,
      late: () => 'the orchestrators did not come back',
    });
    await act(disks);
  } finally {
    docker('stop', '-t', '10', ...orchestrators);
    mounted.dispose();
    docker('start', ...orchestrators);
  }
}

const journalsOf = (host: ChaosHost) =>
  readdirSync(join(host.home, 'journal')).flatMap((name) =>
    name.endsWith('.jsonl') ? [join(host.home, 'journal', name)] : [],
  );

/** The product must say what the run waits for, or an operator cannot know what to do. */
async function untilTold({ stage, trials }: Scene): Promise<void> {
  const isTold = async () => {
    const runs = trials.map(({ runId }) => stage.controlPlane.admin.call('getRun', { params: { runId } }));
    return (await Promise.all(runs)).every(({ waitingFor }) => /space left|full/.test(waitingFor ?? ''));
  };
  await until(isTold, { timeoutMs: 60_000, late: () => 'the runs do not say that a disk is full' });
}

const beforeTheStart = (folders: Folders, whose: string): Cell => ({
  what: `the disk of ${whose} is full`,
  when: 'queued',
  ending: 'by itself',
  play: (scene) =>
    onSmallDisks(scene, folders, async (disks) => {
      for (const disk of disks) disk.fill();
      await scene.start();
      await untilTold(scene);
      for (const disk of disks) disk.free();
      await scene.ended();
    }),
});

const afterAnEntry = (step: Boundary): Cell => ({
  what: 'the disk of the journal is full',
  when: step,
  ending: 'by itself',
  play: (scene) =>
    onSmallDisks(scene, journal, async (disks) => {
      await scene.reach(step);
      for (const [index, host] of scene.stage.hosts.entries()) disks[index]?.fill(journalsOf(host));
      scene.letGo();
      await (step === 'accepted' ? untilTold(scene) : untilEndedByEngine(scene));
      for (const disk of disks) disk.free();
      await scene.ended();
    }),
});

const ofControlPlane: Cell = {
  what: "the disk of the control plane's objects is full",
  when: 'exited',
  ending: 'by itself',
  play: async (scene) => {
    const { stage } = scene;
    await scene.reach('exited');
    const before = stage.controlPlane.log().length;
    using disk = mountSmallDisk(stage.servers.objects);
    disk.fill();
    scene.letGo();
    const said = () => stage.controlPlane.log().slice(before);
    const isRefused = () => /ENOSPC|no space left/i.test(said());
    await until(isRefused, { timeoutMs: 60_000, late: () => `the control plane says of no full disk: ${said()}` });
    disk.free();
    await scene.ended();
  },
};

export const disks: Cell[] = [
  beforeTheStart(journal, 'the journal'),
  afterAnEntry('accepted'),
  afterAnEntry('started'),
  afterAnEntry('exited'),
  beforeTheStart(inFolders, "the run's folders"),
  ofControlPlane,
];
