import type { ChildServer } from '@bigeye/server-kit';
import { backOffMs, type Logger, pause } from '@bigeye/service-kit';

/** A server that is our child, and is started again whenever it dies. Disposing ends it. */
export interface SupervisedServer extends AsyncDisposable {
  pid(): number;
}

/**
 * Keeps a child server running. The first launch may fail, and then this throws; later ones are repeated with growing pauses.
 * `launch` must leave no child behind where it throws.
 */
export async function superviseServer(options: {
  /** In log lines. */
  name: string;
  launch: (signal: AbortSignal) => Promise<ChildServer>;
  orderlyStop: { signal: NodeJS.Signals; timeoutMs: number };
  log: Logger;
  signal?: AbortSignal | undefined;
}): Promise<SupervisedServer> {
  const { name, launch, orderlyStop, log } = options;
  const closing = new AbortController();
  const whileStarting = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
  let server = await launch(whileStarting);
  const supervising = (async () => {
    for (let attempt = 0; !closing.signal.aborted; ) {
      await server.over;
      if (closing.signal.aborted) return;
      log.warn({ name, attempt, lastWords: server.lastWords() }, 'embedded server died; starting it again');
      await pause(attempt === 0 ? 0 : backOffMs(attempt), closing.signal);
      if (closing.signal.aborted) return;
      await launch(closing.signal).then(
        (next) => {
          server = next;
          attempt = 0;
        },
        (error: unknown) => {
          attempt++;
          if (!closing.signal.aborted) log.warn({ name, err: error }, 'embedded server could not be started again');
        },
      );
    }
  })();
  return {
    pid: () => server.pid,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await server.stop(orderlyStop.signal, orderlyStop.timeoutMs);
      await supervising;
      // Of a launch that was just done when the end came.
      await server.stop(orderlyStop.signal, orderlyStop.timeoutMs);
    },
  };
}
