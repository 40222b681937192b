import { type HostId, hostLimits } from '@bigeye/contracts';
import { Refusal } from './refusal.ts';

/** Counts what is under way for each host. What one host has open harms no other. */
export class CallsUnderWay {
  readonly #counts = new Map<string, number>();

  /** Throws Refusal for one too many. Returns what ends the call. */
  begin(hostId: HostId, isPoll: boolean): () => void {
    const keys = [`${hostId} calls`, ...(isPoll ? [`${hostId} polls`] : [])];
    for (const key of keys) {
      const limit = key.endsWith('polls') ? hostLimits.openPolls : hostLimits.gatewayCallsUnderWay;
      if ((this.#counts.get(key) ?? 0) >= limit)
        throw new Refusal(`${limit} ${key.split(' ')[1]} are open`, 'too much');
    }
    for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      for (const key of keys) {
        const left = (this.#counts.get(key) ?? 0) - 1;
        if (left > 0) this.#counts.set(key, left);
        else this.#counts.delete(key);
      }
    };
  }
}
