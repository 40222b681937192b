import { type HostState, hostOfflineAfterMs } from '@bigeye/contracts';

/** Known from the last proof of life alone: never a guess about what the host does now. */
export function hostStateOf(lastSeenAt: Date | null, now: Date): HostState {
  if (!lastSeenAt) return 'registered';
  return now.getTime() - lastSeenAt.getTime() < hostOfflineAfterMs ? 'online' : 'offline';
}
