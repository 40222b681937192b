import { type HostId, hostLimits } from '@bigeye/contracts';
import { Refusal } from './refusal.ts';

interface Owner {
  hostId: HostId;
  /** When it was last polled. */
  at: number;
}

/**
 * Which host owns which control queue (through it Temporal tells a worker to cancel at once). A worker makes its name up,
 * a UUID, and announces it in its polls; the first host to poll one keeps it for as long as it does. Bounded in form, in
 * number for each host, and in time, because all of it is what hosts say.
 */
export class ControlQueues {
  readonly #owners = new Map<string, Owner>();
  readonly #form: RegExp;
  readonly #now: () => number;

  constructor(namespace: string, now: () => number = Date.now) {
    const escaped = namespace.replace(/[^A-Za-z0-9_-]/g, '\\$&');
    this.#form = new RegExp(`^temporal-sys/worker-commands/${escaped}/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`);
    this.#now = now;
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#owners.size;
  }

  /** Throws Refusal for a name of another kind or another host, and for one too many. */
  claim(hostId: HostId, queue: string): void {
    if (!this.#form.test(queue)) throw new Refusal(`"${queue.slice(0, 100)}" is not a worker control queue`);
    this.#forgetOld();
    const owner = this.#owners.get(queue);
    if (owner && owner.hostId !== hostId) throw new Refusal('this control queue belongs to another host');
    if (!owner && this.#countOf(hostId) >= hostLimits.controlQueues)
      throw new Refusal(`host "${hostId}" has ${hostLimits.controlQueues} control queues already`, 'too much');
    // To the end: the map stays in the order of the last poll.
    this.#owners.delete(queue);
    this.#owners.set(queue, { hostId, at: this.#now() });
  }

  #countOf(hostId: HostId): number {
    let count = 0;
    for (const owner of this.#owners.values()) if (owner.hostId === hostId) count++;
    return count;
  }

  #forgetOld(): void {
    for (const [queue, { at }] of this.#owners) {
      if (at > this.#now() - hostLimits.controlQueueMs) return;
      this.#owners.delete(queue);
    }
  }
}
