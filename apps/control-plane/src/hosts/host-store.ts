import {
  AppError,
  type HeartbeatRequest,
  type Host,
  type HostId,
  type ManagedAgent,
  type RunId,
} from '@bigeye/contracts';
import { sql } from 'kysely';
import type { z } from 'zod';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';
import type { IssuedCertificate } from '../keys/certificate-authority.ts';
import { hostStateOf } from './host-state.ts';

export type HostStore = ReturnType<typeof createHostStore>;

/** The only SQL about hosts. */
export function createHostStore(db: Db, changes: ChangeFeed) {
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

    /** Lets the host in by this certificate only; one that was revoked is in again. */
    async recordCertificate(hostId: HostId, certificate: IssuedCertificate): Promise<void> {
      await db
        .updateTable('hosts')
        .set({ ...certificateColumns(certificate), previous_certificate_fingerprint: null, revoked_at: null })
        .where('id', '=', hostId)
        .execute();
    },

    /**
     * Records a renewal. The old certificate stays good until the new one is used: the answer that carries the new one
     * may be lost. Repeated before that, the one in use stays the old one.
     */
    async recordRenewal(hostId: HostId, certificate: IssuedCertificate, usedFingerprint: string): Promise<void> {
      await db
        .updateTable('hosts')
        .set({ ...certificateColumns(certificate), previous_certificate_fingerprint: usedFingerprint })
        .where('id', '=', hostId)
        .where('revoked_at', 'is', null)
        .execute();
    },

    async findCertificates(hostId: HostId): Promise<HostCertificates | undefined> {
      const row = await db
        .selectFrom('hosts')
        .select(['certificate_fingerprint', 'certificate_issued_at', 'certificate_expires_at', 'revoked_at'])
        .select(['previous_certificate_fingerprint', 'previous_certificate_until'])
        .where('id', '=', hostId)
        .executeTakeFirst();
      return (
        row && {
          current: row.certificate_fingerprint,
          issuedAt: row.certificate_issued_at,
          expiresAt: row.certificate_expires_at,
          previous: row.previous_certificate_fingerprint,
          previousUntil: row.previous_certificate_until,
          revokedAt: row.revoked_at,
        }
      );
    },

    /** Lets the host in by a certificate that was issued before a restore, in place of the older one that is known. True where it is the one now. */
    async takeCertificate(
      hostId: HostId,
      certificate: Pick<IssuedCertificate, 'fingerprint' | 'expiresAt'> & { issuedAt: Date },
      insteadOf: string | null,
    ): Promise<boolean> {
      await db
        .updateTable('hosts')
        .set({
          ...certificateColumns(certificate),
          certificate_issued_at: certificate.issuedAt,
          previous_certificate_fingerprint: null,
        })
        .where('id', '=', hostId)
        .where('certificate_fingerprint', '=', insteadOf)
        .where('revoked_at', 'is', null)
        .execute();
      return (await store.findCertificates(hostId))?.current === certificate.fingerprint;
    },

    /** The renewed certificate is in use: from `until` on the old one is refused. */
    async endPreviousCertificate(hostId: HostId, until: Date): Promise<void> {
      await db
        .updateTable('hosts')
        .set({ previous_certificate_until: until })
        .where('id', '=', hostId)
        .where('previous_certificate_until', 'is', null)
        .execute();
    },

    async revokeHost(hostId: HostId): Promise<void> {
      await db
        .updateTable('hosts')
        .set({
          revoked_at: new Date(),
          certificate_fingerprint: null,
          certificate_expires_at: null,
          previous_certificate_fingerprint: null,
        })
        .where('id', '=', hostId)
        .execute();
      await changes.announce({ hostId, what: 'revoked' });
    },

    /** Returns the runs that are active on the host, in the same statement: it is the call that comes most often. */
    async recordHeartbeat(hostId: HostId, beat: z.output<typeof HeartbeatRequest>): Promise<RunId[]> {
      const row = await db
        .updateTable('hosts')
        .set({
          last_seen_at: new Date(),
          orchestrator_version: beat.orchestratorVersion,
          engine_reachable: beat.engineReachable,
          disk_free_bytes: beat.diskFreeBytes,
          account_keys: JSON.stringify(beat.accountKeys),
        })
        .where('id', '=', hostId)
        .returning(activeRunIds.as('active_run_ids'))
        .executeTakeFirst();
      return row?.active_run_ids ?? [];
    },
  };
  return store;
}

const activeRunIds = sql<RunId[]>`(
  select coalesce(json_agg(runs.id), '[]') from runs
  where runs.host_id = hosts.id and runs.status in ('queued', 'running'))`;

/** Which certificates open the door for a host. Fingerprints in hex. */
export interface HostCertificates {
  current: string | null;
  issuedAt: Date | null;
  expiresAt: Date | null;
  previous: string | null;
  previousUntil: Date | null;
  revokedAt: Date | null;
}

const certificateColumns = ({ fingerprint, expiresAt }: Pick<IssuedCertificate, 'fingerprint' | 'expiresAt'>) => ({
  certificate_fingerprint: fingerprint,
  certificate_issued_at: new Date(),
  certificate_expires_at: expiresAt,
  previous_certificate_until: null,
});

type HostRow = {
  id: HostId;
  registered_at: Date;
  last_seen_at: Date | null;
  orchestrator_version: string | null;
  engine_reachable: boolean | null;
  disk_free_bytes: string | number | null;
  certificate_fingerprint: string | null;
  certificate_expires_at: Date | null;
  account_keys: string[];
  revoked_at: Date | null;
  managed_agents: ManagedAgent[];
  running_runs: number;
  queued_runs: number;
};

function toHost(row: HostRow): Host {
  return {
    id: row.id,
    state: row.revoked_at ? 'revoked' : hostStateOf(row.last_seen_at, new Date()),
    registeredAt: row.registered_at.toISOString(),
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    orchestratorVersion: row.orchestrator_version,
    engineReachable: row.engine_reachable,
    // bigint comes as text from PostgreSQL's driver.
    diskFreeBytes: row.disk_free_bytes === null ? null : Number(row.disk_free_bytes),
    certificateExpiresAt: row.certificate_expires_at?.toISOString() ?? null,
    certificateFingerprint: row.certificate_fingerprint,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    accountKeys: row.account_keys,
    managedAgents: row.managed_agents,
    runningRuns: row.running_runs,
    queuedRuns: row.queued_runs,
  };
}
