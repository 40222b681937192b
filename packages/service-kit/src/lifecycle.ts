import { once } from 'node:events';

/** Resolves with the name of the first SIGINT or SIGTERM. */
export async function shutdownSignal(): Promise<string> {
  return await Promise.race(
    (['SIGINT', 'SIGTERM'] as const).map(async (signal) => {
      await once(process, signal);
      return signal;
    }),
  );
}

/** Waits, or returns early when the signal fires. Never throws. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}

/** Growing pauses with jitter: 1, 2, 4 … times `firstMs`, at most `maxMs`, each between half and the whole of it. */
export function backOffMs(attempt: number, { firstMs = 250, maxMs = 10_000 } = {}): number {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 20));
  return whole / 2 + (Math.random() * whole) / 2;
}

/** What comes of `work`, or the signal's reason as soon as it fires: `work` goes on then, and nobody waits for it. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
    work.catch(() => undefined);
  }
}
