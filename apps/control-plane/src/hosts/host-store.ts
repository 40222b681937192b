import { AppError, type Drain, type Host, type HostId, type ManagedAgent } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';
import type { IssuedCertificate } from '../keys/certificate-authority.ts';
import { selectHosts, toHost } from './host-row-store.ts';

export type HostStore = ReturnType<typeof createHostStore>;

/** The only SQL about hosts. */
export function createHostStore(db: Db, changes: ChangeFeed) {
  const store = {
    async findHost(hostId: HostId): Promise<Host | undefined> {
      const row = await selectHosts(db).where('id', '=', hostId).executeTakeFirst();
      return row && toHost(row);
    },

    /** Throws HOST_NOT_FOUND. */
    async getHost(hostId: HostId): Promise<Host> {
      const host = await store.findHost(hostId);
      if (!host) throw new AppError('HOST_NOT_FOUND', { hostId });
      return host;
    },

    /** What the host says it can do, and whether it is let in. Throws HOST_NOT_FOUND. */
    async getAbilities(hostId: HostId): Promise<HostAbilities> {
      const row = await db
        .selectFrom('hosts')
        .select(['id', 'revoked_at', 'managed_agents'])
        .where('id', '=', hostId)
        .executeTakeFirst();
      if (!row) throw new AppError('HOST_NOT_FOUND', { hostId });
      return { id: row.id, isRevoked: row.revoked_at !== null, managedAgents: row.managed_agents };
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
      await changes.announceWith({ hostId, what: 'certificate' }, (tx) =>
        tx
          .updateTable('hosts')
          .set({ ...certificateColumns(certificate), previous_certificate_fingerprint: null, revoked_at: null })
          .where('id', '=', hostId)
          .execute(),
      );
    },

    /**
     * Records a renewal. The old certificate stays good until the new one is used: the answer that carries the new one
     * may be lost. Repeated before that, the one in use stays the old one.
     */
    async recordRenewal(hostId: HostId, certificate: IssuedCertificate, usedFingerprint: string): Promise<void> {
      await changes.announceWith({ hostId, what: 'certificate' }, (tx) =>
        tx
          .updateTable('hosts')
          .set({ ...certificateColumns(certificate), previous_certificate_fingerprint: usedFingerprint })
          .where('id', '=', hostId)
          .where('revoked_at', 'is', null)
          .execute(),
      );
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
      await changes.announceWith({ hostId, what: 'certificate' }, (tx) =>
        tx
          .updateTable('hosts')
          .set({
            ...certificateColumns(certificate),
            certificate_issued_at: certificate.issuedAt,
            previous_certificate_fingerprint: null,
          })
          .where('id', '=', hostId)
          .where('certificate_fingerprint', '=', insteadOf)
          .where('revoked_at', 'is', null)
          .execute(),
      );
      return (await store.findCertificates(hostId))?.current === certificate.fingerprint;
    },

    /** The renewed certificate is in use: from `until` on the old one is refused. */
    async endPreviousCertificate(hostId: HostId, until: Date): Promise<void> {
      await changes.announceWith({ hostId, what: 'certificate' }, (tx) =>
        tx
          .updateTable('hosts')
          .set({ previous_certificate_until: until })
          .where('id', '=', hostId)
          .where('previous_certificate_until', 'is', null)
          .execute(),
      );
    },

    /** Asked again, it stays drained since the first time. Throws HOST_NOT_FOUND, HOST_REVOKED. */
    async drainHost(hostId: HostId, { by, note }: Pick<Drain, 'by' | 'note'>): Promise<void> {
      const { numUpdatedRows } = await db
        .updateTable('hosts')
        .set({ drained_at: sql<Date>`coalesce(drained_at, ${new Date()})`, drained_by: by, drain_note: note })
        .where('id', '=', hostId)
        .where('revoked_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows > 0n) return;
      await store.getHost(hostId);
      throw new AppError('HOST_REVOKED', { hostId });
    },

    async resumeHost(hostId: HostId): Promise<void> {
      await db
        .updateTable('hosts')
        .set({ drained_at: null, drained_by: null, drain_note: null })
        .where('id', '=', hostId)
        .execute();
    },

    async revokeHost(hostId: HostId): Promise<void> {
      await changes.announceWith({ hostId, what: 'revoked' }, (tx) =>
        tx
          .updateTable('hosts')
          .set({
            revoked_at: new Date(),
            certificate_fingerprint: null,
            certificate_expires_at: null,
            previous_certificate_fingerprint: null,
          })
          .where('id', '=', hostId)
          .execute(),
      );
    },
  };
  return store;
}

export interface HostAbilities {
  id: HostId;
  isRevoked: boolean;
  managedAgents: ManagedAgent[];
}

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
