import { statfs } from 'node:fs/promises';
import { AppError } from '@bigeye/contracts';
import type { HostHome } from '@bigeye/host-kit';
import type { HostDeps } from './host-deps.ts';

const MiB = 1024 ** 2;

/** What a run needs room in. The root of our own container lies where the engine keeps images, containers and their logs. */
const placesOf = (home: HostHome) => [
  { folder: home.runs, place: home.runs },
  { folder: home.journal, place: home.journal },
  { folder: '/', place: 'the Docker engine' },
];

interface FreeSpace {
  place: string;
  freeBytes: number;
}

/** Where there is least; undefined where no place could be looked at. */
export async function findLeastSpace(home: HostHome): Promise<FreeSpace | undefined> {
  const looked = await Promise.all(
    placesOf(home).map(async ({ folder, place }): Promise<FreeSpace[]> => {
      const found = await statfs(folder).catch(() => undefined);
      return found ? [{ place, freeBytes: found.bavail * found.bsize }] : [];
    }),
  );
  return looked.flat().sort((a, b) => a.freeBytes - b.freeBytes)[0];
}

/** With less than this free no run is started. Throws HOST_CONFIG_INVALID. */
export const neededSpace = ({ loadSettings }: Pick<HostDeps, 'loadSettings'>): number =>
  loadSettings().settings.orchestrator.min_free_disk_mib * MiB;

/** HOST_DISK_FULL where a run should not be started: one that fills the disk takes the others down with it. */
export async function findLackOfSpace(
  deps: Pick<HostDeps, 'loadSettings' | 'home' | 'hostId'>,
): Promise<AppError | undefined> {
  const [needed, least] = [neededSpace(deps), await findLeastSpace(deps.home)];
  if (!least || least.freeBytes >= needed) return undefined;
  const sizes = { freeMib: Math.floor(least.freeBytes / MiB), neededMib: needed / MiB };
  return new AppError('HOST_DISK_FULL', { hostId: deps.hostId, place: least.place, ...sizes });
}
