import { setTimeout as delay } from 'node:timers/promises';
import type { HeartbeatRequest, HostId, RunId } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { Db } from '../db/tables.ts';

type Heartbeat = z.output<typeof HeartbeatRequest>;

export type HeartbeatStore = ReturnType<typeof createHeartbeatStore>;

/** A host that is alone is answered at once; of many, those that come within this time are written together. */
const gatherMs = 1_000;

/** Records that hosts live: the call that comes most often, and so one statement for many hosts. */
export function createHeartbeatStore(db: Db) {
  type Waiting = { beat: Heartbeat; answered: PromiseWithResolvers<RunId[]> };
  let waiting = new Map<HostId, Waiting>();
  let isWriting = false;

  const writeAll = async () => {
    isWriting = true;
    while (waiting.size > 0) {
      const batch = waiting;
      waiting = new Map();
      try {
        const active = await writeHeartbeats(db, new Map([...batch].map(([hostId, { beat }]) => [hostId, beat])));
        for (const [hostId, { answered }] of batch) answered.resolve(active.get(hostId) ?? []);
      } catch (error) {
        for (const { answered } of batch.values()) answered.reject(error);
      }
      await delay(gatherMs, undefined, { ref: false });
    }
    isWriting = false;
  };

  return {
    /** Returns the runs that are active on the host, read after this was called. */
    async recordHeartbeat(hostId: HostId, beat: Heartbeat): Promise<RunId[]> {
      const entry = waiting.get(hostId) ?? { beat, answered: Promise.withResolvers<RunId[]>() };
      entry.beat = beat;
      waiting.set(hostId, entry);
      if (!isWriting) void writeAll();
      return await entry.answered.promise;
    },
  };
}

/** Of each host the runs that are active on it. */
async function writeHeartbeats(db: Db, beats: Map<HostId, Heartbeat>): Promise<Map<HostId, RunId[]>> {
  const of = <Value>(value: (beat: Heartbeat) => Value) => [...beats.values()].map(value);
  // In the order of their ids, or two processes that write of the same hosts might wait for each other for ever.
  const { rows } = await sql<{ id: HostId; active: RunId[] }>`
    with beat as (select * from unnest(${[...beats.keys()]}::text[],
      ${of(({ orchestratorVersion }) => orchestratorVersion)}::text[],
      ${of(({ engineReachable }) => engineReachable)}::boolean[],
      ${of(({ diskFreeBytes }) => diskFreeBytes)}::bigint[],
      ${of(({ accountKeys }) => JSON.stringify(accountKeys))}::text[])
      as beat (host_id, version, is_engine_reachable, free_bytes, keys)),
    held as materialized (select id from hosts where id in (select host_id from beat) order by id for no key update)
    update hosts set last_seen_at = ${new Date()}, orchestrator_version = beat.version,
      engine_reachable = beat.is_engine_reachable, disk_free_bytes = beat.free_bytes, account_keys = beat.keys::jsonb
    from beat, held where hosts.id = beat.host_id and hosts.id = held.id
    returning hosts.id, (select coalesce(json_agg(runs.id), '[]') from runs
      where runs.host_id = hosts.id and runs.status in ('queued', 'running')) as active`.execute(db);
  return new Map(rows.map(({ id, active }) => [id, active]));
}
