import { backOffMs } from './back-off.ts';

/** The control plane does not answer: since when, and when it is asked next (undefined: it is being asked now). */
export interface Outage {
  since: Date;
  nextTryAt: Date | undefined;
}

/** One read's turn. Whoever has one says how it ended. */
export interface Turn {
  answered(): void;
  failed(): void;
  /** Nobody waits for the answer any more. */
  left(): void;
}

export interface ReadGate {
  /** Waits until this read may be sent. */
  enter(): Promise<Turn>;
  /** Something else than a read was answered. */
  answered(): void;
  /** Whatever waits for its time is tried at once. */
  tryNow(): void;
  /** Somebody looks again, or nobody does. */
  lookedAt(): void;
  outage(): Outage | undefined;
  subscribe(listener: () => void): () => void;
  onRestored(listener: () => void): () => void;
}

/** An answer as young as this vouches for the next reads. */
const vouchesMs = 1000;
/** After this long without an answer the first read of a page no longer holds up the others. */
const patienceMs = 1000;
/** Silence that is told as such. */
const silentMs = 5000;

/**
 * Through it go all reads of the page, so that an outage costs the control plane one request at a time and not one for each
 * thing on the page. The first read after a pause goes alone; the others follow once it was answered. While nobody
 * answers, one read at a time is sent, less and less often, and none while nobody looks at the page.
 */
export function createReadGate({ isHidden }: { isHidden: () => boolean }): ReadGate {
  const waiting: (() => void)[] = [];
  const listeners = new Set<() => void>();
  const restored = new Set<() => void>();
  let answeredAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let outage: Outage | undefined;
  let nextTryAt = 0;
  let leader: { since: number } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = (next: Outage | undefined) => {
    outage = next;
    for (const listener of listeners) listener();
  };

  const mayGo = (now: number): boolean => {
    if (failures > 0) return !leader && !isHidden() && now >= nextTryAt;
    return !leader || now - answeredAt < vouchesMs || now - leader.since >= patienceMs;
  };
  /** When `mayGo` can become true by time alone. */
  const goesAt = (): number | undefined => {
    if (failures === 0) return leader && leader.since + patienceMs;
    return leader || isHidden() ? undefined : nextTryAt;
  };
  const letGo = () => {
    clearTimeout(timer);
    while (waiting.length > 0 && mayGo(Date.now())) waiting.shift()?.();
    const at = goesAt();
    if (waiting.length > 0 && at !== undefined) timer = setTimeout(letGo, Math.max(0, at - Date.now()));
  };

  const answered = () => {
    answeredAt = Date.now();
    failures = 0;
    const wasOut = outage !== undefined;
    if (wasOut) tell(undefined);
    letGo();
    if (wasOut) for (const listener of restored) listener();
  };

  const begin = (): Turn => {
    const now = Date.now();
    const leads = !leader && (failures > 0 || now - answeredAt >= vouchesMs);
    const mine = leads ? { since: now } : undefined;
    if (mine) leader = mine;
    if (outage && mine) tell({ since: outage.since, nextTryAt: undefined });
    const silence = mine && setTimeout(() => outage ?? tell({ since: new Date(now), nextTryAt: undefined }), silentMs);
    const end = () => {
      clearTimeout(silence);
      if (leader === mine) leader = undefined;
    };
    return {
      left: () => {
        end();
        letGo();
      },
      answered: () => {
        end();
        answered();
      },
      failed: () => {
        // Reads that were on their way together fail together, and count as one.
        const counts = failures === 0 || mine !== undefined;
        end();
        if (counts) {
          failures++;
          answeredAt = Number.NEGATIVE_INFINITY;
          nextTryAt = Date.now() + backOffMs(failures);
          tell({ since: outage?.since ?? new Date(), nextTryAt: new Date(nextTryAt) });
        }
        letGo();
      },
    };
  };

  return {
    enter: () =>
      new Promise((resolve) => {
        waiting.push(() => resolve(begin()));
        letGo();
      }),
    answered,
    tryNow: () => {
      nextTryAt = 0;
      letGo();
    },
    lookedAt: letGo,
    outage: () => outage,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onRestored: (listener) => {
      restored.add(listener);
      return () => restored.delete(listener);
    },
  };
}
