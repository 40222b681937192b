import { AppError } from '@bigeye/contracts';
import { backOffMs, type Logger, pause, unlessAborted } from '@bigeye/service-kit';
import pg from 'pg';

/** A server that starts, stops or has no place left says so by these; all else that it says stays as it is. */
const passing = /^(57P0[1-3]|53...|08...)$/;
/** Of one attempt: a server that takes the connection and says nothing is away too. */
const attemptMs = 5_000;

/**
 * Waits, for as long as it takes, until the database takes a connection. Throws DATABASE_REFUSED where it answers and does not want
 * us (password, name, TLS), which waiting does not mend, and the signal's reason when that fires.
 */
export async function untilAnswering(url: string, log: Logger, signal?: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: attemptMs });
    client.on('error', () => undefined);
    try {
      await unlessAborted(client.connect(), signal);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      const { code = '', message } = error as { code?: string; message: string };
      if (error instanceof pg.DatabaseError && !passing.test(code))
        throw new AppError('DATABASE_REFUSED', { server: withoutPassword(url), reason: message }, { cause: error });
      log.warn({ server: withoutPassword(url), reason: message }, 'database does not answer yet');
    } finally {
      void client.end().catch(() => undefined);
    }
    await pause(backOffMs(attempt, { maxMs: 3_000 }), signal);
  }
}

function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.username && `${parsed.username}@`}${parsed.host}${parsed.pathname}` : 'DATABASE_URL';
}
