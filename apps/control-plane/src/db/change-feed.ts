import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';
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
  /** `certificate`: another one lets it in. `revoked`: none does. */
  what: 'certificate' | 'revoked';
}

export type Change = RunChange | HostChange;

/**
 * Tells every process that a run or host changed, by LISTEN/NOTIFY. A hint, never the truth: readers read the tables, and
 * read them again after `onGap` (the connection was lost, so changes may have been missed).
 */
export interface ChangeFeed {
  /** What is for those who show a run is gathered for a moment and told once; all else is told when this resolves. */
  announce(change: RunChange): Promise<void>;
  /**
   * Tells a change in the transaction that makes it, so that who dies in between leaves nobody behind who was not told. This
   * process has heard of it when this resolves.
   */
  announceWith(change: HostChange, act: (tx: Db) => Promise<unknown>): Promise<void>;
  /** True while changes arrive: what was read since the last `onGap` and not announced to be changed may be taken to be so still. */
  isLive(): boolean;
  subscribe(listener: { onChange(change: Change): void; onGap(): void }): Disposable;
}

const channel = 'changes';
/** Whoever shows a run looks again at most this much later than it changed. */
const gatherMs = 20;
/** A connection that died without a word is found out by a ping that is not answered in time. */
const pingEveryMs = 1_000;
const pingMs = 3_000;
const forReaders = new Set<Change['what']>(['run', 'timeline', 'log']);
type Listener = Parameters<ChangeFeed['subscribe']>[0];

class Listeners {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  changed(payload: string): void {
    const [id, what] = payload.split(' ');
    const change = (
      what === 'revoked' || what === 'certificate' ? { hostId: id, what } : { runId: id, what }
    ) as Change;
    for (const listener of this.#listeners) listener.onChange(change);
  }

  gap(): void {
    for (const listener of this.#listeners) listener.onGap();
  }
}

const payloadOf = (change: Change): string => `${'runId' in change ? change.runId : change.hostId} ${change.what}`;

const notify = (db: Db, payloads: string[]) =>
  sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`.execute(db);

export function createChangeFeed(url: string, db: Db, log: Logger): ChangeFeed & { close(): Promise<void> } {
  const listeners = new Listeners();
  const closing = new AbortController();
  let isLive = false;
  const listening = (async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      const client = new pg.Client({ connectionString: url });
      const ended = new AbortController();
      client.on('end', () => ended.abort());
      client.on('error', () => ended.abort());
      client.on('notification', (message) => listeners.changed(message.payload ?? ''));
      try {
        await client.connect();
        await client.query(`listen ${channel}`);
        attempt = 0;
        isLive = true;
        listeners.gap();
        await untilSilent(client, AbortSignal.any([ended.signal, closing.signal]));
        if (!closing.signal.aborted) log.warn('change feed lost');
      } catch (error) {
        log.warn({ reason: reasonOf(error) }, 'change feed lost');
      } finally {
        isLive = false;
        const ending = client.end().catch(() => undefined);
        // Otherwise not waited for: the other end may be gone.
        if (closing.signal.aborted) await ending;
      }
      await pause(backOffMs(attempt), closing.signal);
    }
  })();

  const gathered = new Set<string>();
  let telling: Promise<void> | undefined;
  const tellGathered = async () => {
    await pause(gatherMs, closing.signal);
    telling = undefined;
    const payloads = [...gathered];
    gathered.clear();
    await notify(db, payloads).catch((error: unknown) =>
      log.warn({ reason: reasonOf(error) }, 'changes could not be told'),
    );
  };
  return {
    announce: async (change) => {
      if (!forReaders.has(change.what)) return void (await notify(db, [payloadOf(change)]));
      gathered.add(payloadOf(change));
      telling ??= tellGathered();
    },
    announceWith: async (change, act) => {
      await db.transaction().execute(async (tx) => {
        await act(tx);
        await notify(tx, [payloadOf(change)]);
      });
      listeners.changed(payloadOf(change));
    },
    isLive: () => isLive,
    subscribe: (listener) => listeners.add(listener),
    close: async () => {
      closing.abort();
      await telling;
      await listening;
    },
  };
}

/** Returns when `signal` fires, or when the server does not answer a ping in time. */
async function untilSilent(client: pg.Client, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answered = client.query('select 1').then(
      () => true,
      () => false,
    );
    // Where we are late ourselves, the answer may have come meanwhile and is read first.
    const late = delay(pingMs, undefined, { signal, ref: false }).then(
      () => immediate(false),
      () => false,
    );
    if (!(await Promise.race([answered, late]))) return;
    await pause(pingEveryMs, signal);
  }
}
