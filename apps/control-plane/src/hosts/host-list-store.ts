import {
  type Host,
  HostId,
  type HostState,
  type HostSummary,
  hostOfflineAfterMs,
  lowDiskBytes,
} from '@bigeye/contracts';
import { type RawBuilder, sql } from 'kysely';
import { containing } from '../db/containing.ts';
import { countWhere } from '../db/count-where.ts';
import { cursorAtId, decodeIdCursor, type PageQuery, toPage } from '../db/paging.ts';
import type { Db } from '../db/tables.ts';
import { selectHosts, toHost } from './host-row-store.ts';

export interface HostQuery extends PageQuery {
  hostId?: HostId | undefined;
  /** A part of the id. */
  search?: string | undefined;
  state?: HostState | undefined;
  revoked?: boolean | undefined;
}

/** Hosts that a summary names. */
const named = 3;

export type HostListStore = ReturnType<typeof createHostListStore>;

/** SQL about many hosts at once: there may be thousands, and no answer holds them all. */
export function createHostListStore(db: Db) {
  const selectUnrevoked = () => selectHosts(db).where('revoked_at', 'is', null);

  return {
    /** By id. */
    async listHosts({ hostId, search, state, revoked, cursor, limit }: HostQuery) {
      let query = selectHosts(db)
        .orderBy('id')
        .limit(limit + 1);
      if (hostId) query = query.where('id', '=', hostId);
      if (search) query = query.where(sql<boolean>`lower(id) like ${containing(search)}`);
      if (state) query = query.where(isIn(state, new Date()));
      if (revoked !== undefined) query = query.where('revoked_at', revoked ? 'is not' : 'is', null);
      if (cursor) query = query.where('id', '>', decodeIdCursor(cursor, HostId));
      return toPage((await query.execute()).map(toHost), limit, ({ id }) => cursorAtId(id));
    },

    async summarizeHosts(): Promise<HostSummary> {
      const now = new Date();
      const { unable, drained, lowOnDisk, ...states } = await db
        .selectFrom('hosts')
        .select([
          countWhere(isIn('registered', now)).as('registered'),
          countWhere(isIn('online', now)).as('online'),
          countWhere(isIn('offline', now)).as('offline'),
          countWhere(isIn('revoked', now)).as('revoked'),
          countWhere(isUnable(now)).as('unable'),
          countWhere(isDrained).as('drained'),
          countWhere(isLowOnDisk).as('lowOnDisk'),
        ])
        .executeTakeFirstOrThrow();
      const waiting = sql`exists (select from runs where runs.host_id = hosts.id and runs.status = 'queued')`;
      const unableRows = selectUnrevoked().where(isUnable(now)).orderBy(waiting, 'desc').orderBy('id').limit(named);
      const drainedRows = selectUnrevoked().where(isDrained).orderBy(waiting, 'desc').orderBy('id').limit(named);
      const lowRows = selectUnrevoked().where(isLowOnDisk).orderBy('id').limit(named);
      return {
        states,
        unable: { count: unable, first: unable === 0 ? [] : (await unableRows.execute()).map(toHost) },
        drained: { count: drained, first: drained === 0 ? [] : (await drainedRows.execute()).map(toHost) },
        lowOnDisk: { count: lowOnDisk, first: lowOnDisk === 0 ? [] : (await lowRows.execute()).map(toHost) },
      };
    },

    /** The host that is let in, is not `but`, and was heard of last: it most likely still has its files. */
    async findLatelyHeardOf(but?: HostId): Promise<Host | undefined> {
      let query = selectUnrevoked();
      if (but !== undefined) query = query.where('id', '!=', but);
      const row = await query.orderBy(sql`last_seen_at desc nulls last`).limit(1).executeTakeFirst();
      return row && toHost(row);
    },

    /** Hosts that are let in and did not say that they have this account key: how many, and the first `limit` by id. */
    async findWithoutAccountKey(fingerprint: string, limit: number): Promise<{ count: number; first: HostId[] }> {
      const without = db
        .selectFrom('hosts')
        .where('revoked_at', 'is', null)
        .where(sql<boolean>`not (account_keys @> ${JSON.stringify([fingerprint])}::jsonb)`);
      const { count } = await without.select(sql<number>`count(*)::int`.as('count')).executeTakeFirstOrThrow();
      const first = await without.select('id').orderBy('id').limit(limit).execute();
      return { count, first: first.map(({ id }) => id) };
    },
  };
}

/** `hostStateOf` in SQL. */
function isIn(state: HostState, now: Date): RawBuilder<boolean> {
  const heardOfLately = new Date(now.getTime() - hostOfflineAfterMs);
  switch (state) {
    case 'revoked':
      return sql<boolean>`revoked_at is not null`;
    case 'registered':
      return sql<boolean>`(revoked_at is null and last_seen_at is null)`;
    case 'online':
      return sql<boolean>`(revoked_at is null and last_seen_at > ${heardOfLately})`;
    case 'offline':
      return sql<boolean>`(revoked_at is null and last_seen_at <= ${heardOfLately})`;
  }
}

const isUnable = (
  now: Date,
) => sql<boolean>`(revoked_at is null and drained_at is null and (${isIn('online', now)} is not true
  or engine_reachable is false or managed_agents = '[]' or disk_free_bytes < disk_needed_bytes))`;

const isDrained = sql<boolean>`(revoked_at is null and drained_at is not null)`;

const isLowOnDisk = sql<boolean>`(revoked_at is null and disk_free_bytes < ${lowDiskBytes})`;
