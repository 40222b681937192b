import { AppError, type HeartbeatRequest, type Host, type HostId, type ManagedAgent } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';
import { hostStateOf } from './host-state.ts';

export type HostStore = ReturnType<typeof createHostStore>;

/** The only SQL about hosts. */
export function createHostStore(db: Db) {
  const countOf = (status: 'running' | 'queued') =>
    sql<number>`(select count(*)::int from runs where runs.host_id = hosts.id and runs.status = ${status})`;
  const selectHosts = () =>
    db
      .selectFrom('hosts')
      .selectAll()
      .select([countOf('running').as('running_runs'), countOf('queued').as('queued_runs')]);

  const store = {
    async listHosts(): Promise<Host[]> {
      return (await selectHosts().orderBy('id').execute()).map(toHost);
    },

    async findHost(hostId: HostId): Promise<Host | undefined> {
      const row = await selectHosts().where('id', '=', hostId).executeTakeFirst();
      return row && toHost(row);
    },

    /** Throws HOST_NOT_FOUND. */
    async getHost(hostId: HostId): Promise<Host> {
      const host = await store.findHost(hostId);
      if (!host) throw new AppError('HOST_NOT_FOUND', { hostId });
      return host;
    },

    /** Creates the host, or replaces its list of agents. */
    async upsertHost(hostId: HostId, managedAgents: ManagedAgent[]): Promise<void> {
      const managed_agents = JSON.stringify(managedAgents);
      await db
        .insertInto('hosts')
        .values({ id: hostId, registered_at: new Date(), managed_agents })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ managed_agents }))
        .execute();
    },

    async recordCertificate(hostId: HostId, certificate: { fingerprint: string; expiresAt: Date }): Promise<void> {
      await db
        .updateTable('hosts')
        .set({ certificate_fingerprint: certificate.fingerprint, certificate_expires_at: certificate.expiresAt })
        .where('id', '=', hostId)
        .execute();
    },

    async findCertificateFingerprint(hostId: HostId): Promise<string | undefined> {
      const row = await db
        .selectFrom('hosts')
        .select('certificate_fingerprint')
        .where('id', '=', hostId)
        .executeTakeFirst();
      return row?.certificate_fingerprint ?? undefined;
    },

    async recordHeartbeat(hostId: HostId, beat: HeartbeatRequest): Promise<void> {
      await db
        .updateTable('hosts')
        .set({
          last_seen_at: new Date(),
          orchestrator_version: beat.orchestratorVersion,
          engine_reachable: beat.engineReachable,
          disk_free_bytes: beat.diskFreeBytes,
        })
        .where('id', '=', hostId)
        .execute();
    },
  };
  return store;
}

type HostRow = {
  id: HostId;
  registered_at: Date;
  last_seen_at: Date | null;
  orchestrator_version: string | null;
  engine_reachable: boolean | null;
  disk_free_bytes: string | number | null;
  certificate_fingerprint: string | null;
  certificate_expires_at: Date | null;
  managed_agents: ManagedAgent[];
  running_runs: number;
  queued_runs: number;
};

function toHost(row: HostRow): Host {
  return {
    id: row.id,
    state: hostStateOf(row.last_seen_at, new Date()),
    registeredAt: row.registered_at.toISOString(),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    orchestratorVersion: row.orchestrator_version,
    engineReachable: row.engine_reachable,
    // bigint comes as text from PostgreSQL's driver.
    diskFreeBytes: row.disk_free_bytes === null ? null : Number(row.disk_free_bytes),
    certificateExpiresAt: row.certificate_expires_at?.toISOString() ?? null,
    certificateFingerprint: row.certificate_fingerprint,
    managedAgents: row.managed_agents,
    runningRuns: row.running_runs,
    queuedRuns: row.queued_runs,
  };
}
