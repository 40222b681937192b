import { type Host, plural } from '@bigeye/contracts';
import { formatBytes, formatSince } from '../../lib/format.ts';

/** Below this, a large image or report may no longer fit. */
const lowDiskBytes = 5 * 1024 ** 3;

export const isLowOnDisk = ({ diskFreeBytes }: Host): boolean => diskFreeBytes !== null && diskFreeBytes < lowDiskBytes;

/** What keeps the host from running a job just now, as the end of a sentence that begins with its id. */
function troubleOf(host: Host, now: Date): string | undefined {
  if (host.state === 'registered') return 'was registered but never heard of';
  if (host.state === 'offline' && host.lastSeenAt)
    return `has been offline since ${formatSince(new Date(host.lastSeenAt), now)}`;
  if (host.engineReachable === false) return 'is online, but its Docker engine does not answer';
  if (host.managedAgents.length === 0) return 'has no agent installed';
  return undefined;
}

/** The answer to "can everything run tonight?" of at least one host: how many can, what keeps the others, warnings. */
export function hostAnswer(all: Host[], now: Date): string {
  // A revoked host is out on purpose, and no trouble.
  const hosts = all.filter((host) => host.state !== 'revoked');
  if (hosts.length === 0) return 'Every host is revoked.';
  const troubled = hosts.flatMap((host) => {
    const trouble = troubleOf(host, now);
    return trouble ? [{ host, trouble }] : [];
  });
  return [canRun(hosts.length, troubled.length), ...troubled.slice(0, 2).map(sentenceOfTrouble), warnings(hosts)]
    .filter(Boolean)
    .join(' ');
}

function canRun(all: number, troubled: number): string {
  if (troubled > 0) return troubled === all ? 'No host can run.' : `${all - troubled} of ${all} hosts can run.`;
  return all === 1 ? 'The one host can run.' : `All ${all} hosts can run.`;
}

function sentenceOfTrouble({ host, trouble }: { host: Host; trouble: string }): string {
  if (host.queuedRuns === 0) return `${host.id} ${trouble}.`;
  return `${host.id} ${trouble}, with ${plural(host.queuedRuns, 'run')} waiting.`;
}

function warnings(hosts: Host[]): string {
  const low = hosts.filter(isLowOnDisk);
  if (low.length === 0) return '';
  const named = low.map((host) => `${host.id} has ${formatBytes(host.diskFreeBytes ?? 0)} disk left`).join(', ');
  return `${plural(low.length, 'warning')}: ${named}.`;
}
