import type { Host } from '@bigeye/contracts';
import { type Selectable, sql } from 'kysely';
import type { Db, Tables } from '../db/tables.ts';
import { drainOf, drainStateOf, hostStateOf } from './host-state.ts';

const countOf = (status: 'running' | 'queued') =>
  sql<number>`(select count(*)::int from runs where runs.host_id = hosts.id and runs.status = ${status})`;

/** Hosts with what is active on each, all in one statement. */
export const selectHosts = (db: Db) =>
  db
    .selectFrom('hosts')
    .selectAll()
    .select([countOf('running').as('running_runs'), countOf('queued').as('queued_runs')]);

export type HostRow = Selectable<Tables['hosts']> & { running_runs: number; queued_runs: number };

export function toHost(row: HostRow): Host {
  return {
    id: row.id,
    state: row.revoked_at ? 'revoked' : hostStateOf(row.last_seen_at, new Date()),
    registeredAt: row.registered_at.toISOString(),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    orchestratorVersion: row.orchestrator_version,
    engineReachable: row.engine_reachable,
    // bigint comes as text from PostgreSQL's driver.
    diskFreeBytes: row.disk_free_bytes === null ? null : Number(row.disk_free_bytes),
    diskNeededBytes: row.disk_needed_bytes === null ? null : Number(row.disk_needed_bytes),
    certificateExpiresAt: row.certificate_expires_at?.toISOString() ?? null,
    certificateFingerprint: row.certificate_fingerprint,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    accountKeys: row.account_keys,
    managedAgents: row.managed_agents,
    runningRuns: row.running_runs,
    queuedRuns: row.queued_runs,
    drain: toDrain(row),
    slots: row.slots === null ? null : { count: row.slots, taken: row.slot_runs?.length ?? 0 },
  };
}

function toDrain(row: HostRow): Host['drain'] {
  const drain = drainOf(row);
  return drain && { ...drain, state: drainStateOf(row) };
}
