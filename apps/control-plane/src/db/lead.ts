import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, pause, reasonOf } from '@bigeye/service-kit';
import type { LeaseStore } from './lease-store.ts';

/** A process that dies is followed by another after this long. */
const leaseMs = 6_000;
const renewEveryMs = 2_000;

/**
 * Does `work` in one process of all that ask for it under this name. `work` gets a signal that aborts when the lease is
 * lost or this ends, and must stop then; it is started anew when the lease is had again. Between two leases, and where a
 * process was stopped for longer than its lease, two may work for a moment: whatever they do must bear that.
 */
export function lead(
  { leaseStore, name, log }: { leaseStore: LeaseStore; name: string; log: Logger },
  work: (signal: AbortSignal) => Promise<void>,
): AsyncDisposable {
  const holder = randomUUID();
  const closing = new AbortController();
  const take = async (): Promise<boolean> => {
    try {
      return await leaseStore.take(name, holder, leaseMs);
    } catch (error) {
      log.warn({ lease: name, reason: reasonOf(error) }, 'lease not renewed');
      return false;
    }
  };
  const leading = (async () => {
    while (!closing.signal.aborted) {
      if (await take()) {
        const lost = new AbortController();
        const signal = AbortSignal.any([closing.signal, lost.signal]);
        let isOver = false;
        const working = work(signal)
          .catch((error: unknown) => log.error({ err: error, lease: name }, 'work failed; it is taken up again'))
          .finally(() => {
            isOver = true;
          });
        for (let takenAt = Date.now(); !signal.aborted && !isOver; ) {
          await pause(renewEveryMs, closing.signal);
          if (closing.signal.aborted || isOver) break;
          const began = Date.now();
          if (await take()) takenAt = began;
          // A database that is away for a moment takes no lease away; one whose time is over is gone.
          else if (Date.now() - takenAt > leaseMs - renewEveryMs) lost.abort();
        }
        await working;
      }
      await pause(renewEveryMs, closing.signal);
    }
    // The others need not wait for its time to be over. Where the database is away they will.
    await Promise.race([
      leaseStore.release(name, holder).catch(() => undefined),
      delay(1_000, undefined, { ref: false }),
    ]);
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await leading;
    },
  };
}
