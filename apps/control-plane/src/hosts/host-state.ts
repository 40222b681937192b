import { type Drain, type DrainState, type HostState, hostOfflineAfterMs, type RunId } from '@bigeye/contracts';

/** Known from the last proof of life alone: never a guess about what the host does now. */
export function hostStateOf(lastSeenAt: Date | null, now: Date): HostState {
  if (!lastSeenAt) return 'registered';
  return now.getTime() - lastSeenAt.getTime() < hostOfflineAfterMs ? 'online' : 'offline';
}

type DrainRow = { drained_at: Date | null; drained_by: string | null; drain_note: string | null };

/** What is wanted of the host; null where it takes runs. */
export const drainOf = ({ drained_at: at, drained_by: by, drain_note: note }: DrainRow): Drain | null =>
  at && { since: at.toISOString(), by: by ?? '', note: note ?? '' };

/** Whether the host said that it knows of this drain, and not only of one before. */
export const isDrainTold = (host: { drained_at: Date | null; told_drained_at: Date | null }): boolean =>
  host.drained_at !== null && host.drained_at.getTime() === host.told_drained_at?.getTime();

/** Of a host that is drained. A run has its slot before its container is made, and until that is removed. */
export function drainStateOf(
  host: Parameters<typeof isDrainTold>[0] & { slot_runs: RunId[] | null; running_runs: number },
): DrainState {
  if (!isDrainTold(host)) return 'asked';
  return host.slot_runs?.length === 0 && host.running_runs === 0 ? 'drained' : 'draining';
}
