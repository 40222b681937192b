import { firstOf, type Host, type HostSummary, lowDiskBytes, plural } from '@bigeye/contracts';
import { formatBytes, formatCount, formatSince } from '../../lib/format.ts';

export const isLowOnDisk = ({ diskFreeBytes }: Host): boolean => diskFreeBytes !== null && diskFreeBytes < lowDiskBytes;

/** It starts no run for that. */
export const lacksDisk = ({ diskFreeBytes, diskNeededBytes }: Host): boolean =>
  diskFreeBytes !== null && diskNeededBytes !== null && diskFreeBytes < diskNeededBytes;

/** What keeps the host from running a job just now, as the end of a sentence that begins with its id. */
function troubleOf(host: Host, now: Date): string | undefined {
  if (host.state === 'registered') return 'was registered but never heard of';
  if (host.state === 'offline' && host.lastSeenAt)
    return `has been offline since ${formatSince(new Date(host.lastSeenAt), now)}`;
  if (host.engineReachable === false) return 'is online, but its Docker engine does not answer';
  if (host.managedAgents.length === 0) return 'has no agent installed';
  if (lacksDisk(host)) return `starts no run with less than ${formatBytes(host.diskNeededBytes ?? 0)} disk free`;
  return undefined;
}

/** The answer to "can everything run tonight?" of at least one host: how many can, what keeps the others, warnings. */
export function hostAnswer({ states, unable, drained, lowOnDisk }: HostSummary, now: Date): string {
  // A revoked host is out on purpose, and no trouble.
  const all = states.registered + states.online + states.offline;
  if (all === 0) return 'Every host is revoked.';
  const named = unable.first.slice(0, 2);
  const left = unable.count - named.length;
  return [
    canRun(all, unable.count + drained.count),
    ...named.map((host) => sentenceOfTrouble(host, now)),
    left > 0 && `${plural(left, 'other')} cannot run either.`,
    drainedWords(drained),
    warnings(lowOnDisk),
  ]
    .filter(Boolean)
    .join(' ');
}

function canRun(all: number, troubled: number): string {
  if (troubled > 0)
    return troubled === all
      ? 'No host can run.'
      : `${formatCount(all - troubled)} of ${formatCount(all)} hosts can run.`;
  return all === 1 ? 'The one host can run.' : `All ${formatCount(all)} hosts can run.`;
}

function sentenceOfTrouble(host: Host, now: Date): string {
  const trouble = troubleOf(host, now) ?? 'cannot run';
  if (host.queuedRuns === 0) return `${host.id} ${trouble}.`;
  return `${host.id} ${trouble}, with ${plural(host.queuedRuns, 'run')} waiting.`;
}

/** On purpose, and so no trouble; but who waits for it should know. */
function drainedWords({ count, first }: HostSummary['drained']): string {
  if (count === 0) return '';
  // Only of those that are named.
  const waiting = count > first.length ? 0 : first.reduce((sum, { queuedRuns }) => sum + queuedRuns, 0);
  const names = firstOf(
    first.map(({ id }) => id),
    count,
  );
  return `Drained: ${names}${waiting > 0 ? `, with ${plural(waiting, 'run')} waiting` : ''}.`;
}

function warnings({ count, first }: HostSummary['lowOnDisk']): string {
  if (count === 0) return '';
  const named = first.map((host) => `${host.id} has ${formatBytes(host.diskFreeBytes ?? 0)} disk left`);
  return `${plural(count, 'warning')}: ${firstOf(named, count)}.`;
}
