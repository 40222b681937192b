import type { HostId, RunId } from '@bigeye/contracts';
import { backOffMs, type Logger, pause, reasonOf } from '@bigeye/service-kit';
import { sql } from 'kysely';
import pg from 'pg';
import type { Db } from './tables.ts';

export interface RunChange {
  runId: RunId;
  /** `run`, `timeline`, `log`: for who shows it. `queued`, `cancel`, `abandon`: for who tells Temporal. */
  what: 'run' | 'timeline' | 'log' | 'queued' | 'cancel' | 'abandon';
}

export interface HostChange {
  hostId: HostId;
  what: 'revoked';
}

export type Change = RunChange | HostChange;

/**
 * Tells every process that a run or host changed, by LISTEN/NOTIFY. A hint, never the truth: readers read the tables, and
 * read them again after `onGap` (the connection was lost, so changes may have been missed).
 */
export interface ChangeFeed {
  announce(change: Change): Promise<void>;
  subscribe(listener: { onChange(change: Change): void; onGap(): void }): Disposable;
}

const channel = 'changes';
type Listener = Parameters<ChangeFeed['subscribe']>[0];

class Listeners {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  changed(payload: string): void {
    const [id, what] = payload.split(' ');
    const change = (what === 'revoked' ? { hostId: id, what } : { runId: id, what }) as Change;
    for (const listener of this.#listeners) listener.onChange(change);
  }

  gap(): void {
    for (const listener of this.#listeners) listener.onGap();
  }
}

const payloadOf = (change: Change): string => `${'runId' in change ? change.runId : change.hostId} ${change.what}`;

export function createChangeFeed(url: string, db: Db, log: Logger): ChangeFeed & { close(): Promise<void> } {
  const listeners = new Listeners();
  const closing = new AbortController();
  const listening = (async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      const client = new pg.Client({ connectionString: url });
      const over = new Promise<void>((resolve) => {
        client.on('end', resolve);
        client.on('error', () => resolve());
        closing.signal.addEventListener('abort', () => resolve());
      });
      client.on('notification', (message) => listeners.changed(message.payload ?? ''));
      try {
        await client.connect();
        await client.query(`listen ${channel}`);
        attempt = 0;
        listeners.gap();
        await over;
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'change feed lost');
      } finally {
        await client.end().catch(() => undefined);
      }
      await pause(backOffMs(attempt), closing.signal);
    }
  })();
  return {
    announce: async (change) => {
      await sql`select pg_notify(${channel}, ${payloadOf(change)})`.execute(db);
    },
    subscribe: (listener) => listeners.add(listener),
    close: async () => {
      closing.abort();
      await listening;
    },
  };
}
