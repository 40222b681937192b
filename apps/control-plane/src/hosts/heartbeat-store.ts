import { setTimeout as delay } from 'node:timers/promises';
import type { Drain, HeartbeatRequest, HostId, RunId } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Db } from '../db/tables.ts';
import { drainOf } from './host-state.ts';

type Heartbeat = z.output<typeof HeartbeatRequest>;
/** What a host is told at its heartbeat: the runs that are active on it, and whether it is to start none. */
export type HeartbeatAnswer = { activeRunIds: RunId[]; drain: Drain | null };

export type HeartbeatStore = ReturnType<typeof createHeartbeatStore>;

/** A host that is alone is answered at once; of many, those that come within this time are written together. */
const gatherMs = 1_000;

/** Records that hosts live: the call that comes most often, and so one statement for many hosts. */
export function createHeartbeatStore(db: Db) {
  type Waiting = { beat: Heartbeat; answered: PromiseWithResolvers<HeartbeatAnswer> };
  let waiting = new Map<HostId, Waiting>();
  let isWriting = false;

  const writeAll = async () => {
    isWriting = true;
    while (waiting.size > 0) {
      const batch = waiting;
      waiting = new Map();
      try {
        const answers = await writeHeartbeats(db, new Map([...batch].map(([hostId, { beat }]) => [hostId, beat])));
        for (const [hostId, { answered }] of batch) answered.resolve(answers.get(hostId) ?? nothing);
      } catch (error) {
        for (const { answered } of batch.values()) answered.reject(error);
      }
      await delay(gatherMs, undefined, { ref: false });
    }
    isWriting = false;
  };

  return {
    /** What it returns is read after this was called. */
    async recordHeartbeat(hostId: HostId, beat: Heartbeat): Promise<HeartbeatAnswer> {
      const entry = waiting.get(hostId) ?? { beat, answered: Promise.withResolvers<HeartbeatAnswer>() };
      entry.beat = beat;
      waiting.set(hostId, entry);
      if (!isWriting) void writeAll();
      return await entry.answered.promise;
    },
  };
}

/** Of a host that is not there any more. */
const nothing: HeartbeatAnswer = { activeRunIds: [], drain: null };

/** Whatever a host does not say, as one of an older version, is not known any more. */
async function writeHeartbeats(db: Db, beats: Map<HostId, Heartbeat>): Promise<Map<HostId, HeartbeatAnswer>> {
  const of = <Value>(value: (beat: Heartbeat) => Value) => [...beats.values()].map(value);
  // In the order of their ids, or two processes that write of the same hosts might wait for each other for ever.
  const { rows } = await sql<BeatenHost>`
    with beat as (select * from unnest(${[...beats.keys()]}::text[],
      ${of(({ orchestratorVersion }) => orchestratorVersion)}::text[],
      ${of(({ engineReachable }) => engineReachable)}::boolean[],
      ${of(({ diskFreeBytes }) => diskFreeBytes)}::bigint[],
      ${of(({ accountKeys }) => JSON.stringify(accountKeys))}::text[],
      ${of(({ diskNeededBytes }) => diskNeededBytes ?? null)}::bigint[],
      ${of(({ slots }) => slots?.count ?? null)}::int[],
      ${of(({ slots }) => slots && JSON.stringify(slots.heldBy))}::text[],
      ${of(({ drainedSince }) => drainedSince ?? null)}::timestamptz[])
      as beat (host_id, version, is_engine_reachable, free_bytes, keys, needed_bytes, slots, slot_runs, drained_since)),
    held as materialized (select id from hosts where id in (select host_id from beat) order by id for no key update)
    update hosts set last_seen_at = ${new Date()}, orchestrator_version = beat.version,
      engine_reachable = beat.is_engine_reachable, disk_free_bytes = beat.free_bytes, account_keys = beat.keys::jsonb,
      disk_needed_bytes = beat.needed_bytes, slots = beat.slots, slot_runs = beat.slot_runs::jsonb, told_drained_at = beat.drained_since
    from beat, held where hosts.id = beat.host_id and hosts.id = held.id
    returning hosts.id, drained_at, drained_by, drain_note, (select coalesce(json_agg(runs.id), '[]') from runs
      where runs.host_id = hosts.id and runs.status in ('queued', 'running')) as active`.execute(db);
  return new Map(rows.map(({ id, active, ...row }) => [id, { activeRunIds: active, drain: drainOf(row) }]));
}

type BeatenHost = { id: HostId; active: RunId[] } & Parameters<typeof drainOf>[0];
