import type { HostId } from '@bigeye/contracts';
import type { ClientIdentity } from '@bigeye/service-kit';

/** A host that is registered, with its own certificate. */
export interface RegisteredHost {
  id: HostId;
  identity: ClientIdentity;
}

/** What the process of hosts is told once, and then no more. */
export interface Start {
  hosts: RegisteredHost[];
  gateway: string;
  hostApiUrl: string;
}

/** Every quarter of a second; the counts are of all time. */
export interface Status {
  kind: 'status';
  /** Whose connection stands, with both polls open on it. */
  polling: number;
  /** Whose last heartbeat was answered, and that within the last two of them. */
  heard: number;
  beats: { answered: number; failed: number };
  polls: { ended: number; failed: number };
  failures: [why: string, times: number][];
  rssMib: number;
  cpuSeconds: number;
}

/** A task came. `at`: milliseconds since 1970, with fractions. */
export interface TaskCame {
  kind: 'task';
  hostId: HostId;
  at: number;
}

export const preciseNow = (): number => performance.timeOrigin + performance.now();
