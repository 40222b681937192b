import { AppError, type HostId } from '@bigeye/contracts';
import type { ProvenHost } from '../http/caller.ts';
import { hostIdOfCertificate } from '../keys/certificate-authority.ts';
import type { HostCertificates, HostStore } from './host-store.ts';

/** Requests that were on their way when the renewed certificate was first used may still arrive with the old one. */
const overlapMs = 60_000;

export interface HostIdentity {
  /**
   * Throws CERTIFICATE_REFUSED unless it is the certificate last issued to a registered host, or the one before it while
   * a renewal is under way. `der`: the certificate.
   */
  identify(der: Uint8Array | undefined): Promise<ProvenHost>;
}

export function createHostIdentity(hostStore: HostStore): HostIdentity {
  return {
    identify: async (der) => {
      const named = der && hostIdOfCertificate(der);
      if (!named) throw new AppError('CERTIFICATE_REFUSED', { reason: 'it names no host' });
      const hostId = named.hostId as HostId;
      const known = await hostStore.findCertificates(hostId);
      if (!known) throw new AppError('CERTIFICATE_REFUSED', { reason: `host "${named.hostId}" is not registered` });
      if (known.revokedAt) throw new AppError('CERTIFICATE_REFUSED', { reason: `host "${named.hostId}" was revoked` });
      const proven = {
        hostId,
        fingerprint: named.fingerprint,
        certificateRenewalDue: isRenewalDue(known, new Date()),
      };
      if (named.fingerprint === known.current) {
        if (known.previous && !known.previousUntil)
          await hostStore.endPreviousCertificate(hostId, new Date(Date.now() + overlapMs));
        return proven;
      }
      const stillGood = !known.previousUntil || known.previousUntil.getTime() > Date.now();
      if (named.fingerprint === known.previous && stillGood) return proven;
      throw new AppError('CERTIFICATE_REFUSED', { reason: 'a newer one was issued to this host' });
    },
  };
}

/** After a third of its life: two more thirds are left to try again. */
function isRenewalDue({ issuedAt, expiresAt }: HostCertificates, now: Date): boolean {
  // Issued before its time was recorded: renewed at once.
  if (!issuedAt || !expiresAt) return true;
  return now.getTime() > issuedAt.getTime() + (expiresAt.getTime() - issuedAt.getTime()) / 3;
}
