import { AppError, type HostId } from '@bigeye/contracts';
import { BoundedMap, type Logger } from '@bigeye/service-kit';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { ProvenHost } from '../http/caller.ts';
import { hostIdOfCertificate, timesOfCertificate } from '../keys/certificate-authority.ts';
import type { HostCertificates, HostStore } from './host-store.ts';

/** Requests that were on their way when the renewed certificate was first used may still arrive with the old one. */
const overlapMs = 60_000;
/** More hosts than these are asked for in the database again. */
const rememberedHosts = 20_000;

export interface HostIdentity extends Disposable {
  /**
   * Throws CERTIFICATE_REFUSED unless it is the certificate last issued to a registered host, or the one before it while
   * a renewal is under way, or one that a restored database cannot know (`restoredAt`). `der`: the certificate.
   */
  identify(der: Uint8Array | undefined): Promise<ProvenHost>;
}

/** `restoredAt`: until when certificates were issued that the database, restored from a backup, has forgotten. */
export function createHostIdentity(
  hostStore: HostStore,
  changes: ChangeFeed,
  { restoredAt, log }: { restoredAt: Date | undefined; log: Logger },
): HostIdentity {
  const certificates = rememberCertificates(hostStore, changes);
  /** Whether it was issued after the newest that the database knows, and before the restore: then it is the newest. */
  const isForgotten = async (der: Uint8Array, hostId: HostId, fingerprint: string, known: HostCertificates) => {
    if (!restoredAt || !known.issuedAt) return false;
    const times = timesOfCertificate(der);
    if (times.issuedAt <= known.issuedAt || times.issuedAt > restoredAt) return false;
    const isTaken = await hostStore.takeCertificate(hostId, { fingerprint, ...times }, known.current);
    if (isTaken) log.warn({ hostId, fingerprint, ...times }, 'certificate taken that was issued before the restore');
    return isTaken;
  };
  return {
    identify: async (der) => {
      const named = der && hostIdOfCertificate(der);
      if (!named) throw new AppError('CERTIFICATE_REFUSED', { reason: 'it names no host' });
      const hostId = named.hostId as HostId;
      const known = await certificates.find(hostId);
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
      if (await isForgotten(der, hostId, named.fingerprint, known)) return proven;
      throw new AppError('CERTIFICATE_REFUSED', { reason: 'a newer one was issued to this host' });
    },
    [Symbol.dispose]: () => certificates[Symbol.dispose](),
  };
}

/**
 * The certificates of hosts, asked for with every call that a host makes. They are remembered only while the change feed lives, which
 * says of every change of them, and not where a change was told while they were being read.
 */
function rememberCertificates(hostStore: HostStore, changes: ChangeFeed) {
  const remembered = new BoundedMap<HostId, HostCertificates>(rememberedHosts);
  const reading = new Map<HostId, Promise<HostCertificates | undefined>>();
  const subscription = changes.subscribe({
    onChange: (change) => {
      if (!('hostId' in change)) return;
      remembered.delete(change.hostId);
      reading.delete(change.hostId);
    },
    onGap: () => {
      remembered.clear();
      reading.clear();
    },
  });
  const read = (hostId: HostId) => {
    const found = hostStore.findCertificates(hostId);
    reading.set(hostId, found);
    const keep = (known: HostCertificates | undefined) => {
      // Another one is there, or none, where something changed since.
      if (reading.get(hostId) !== found) return;
      reading.delete(hostId);
      if (known) remembered.set(hostId, known);
    };
    found.then(keep, () => keep(undefined));
    return found;
  };
  return {
    find: async (hostId: HostId): Promise<HostCertificates | undefined> => {
      if (!changes.isLive()) return await hostStore.findCertificates(hostId);
      return remembered.get(hostId) ?? (await (reading.get(hostId) ?? read(hostId)));
    },
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}

/** After a third of its life: two more thirds are left to try again. */
function isRenewalDue({ issuedAt, expiresAt }: HostCertificates, now: Date): boolean {
  // Issued before its time was recorded: renewed at once.
  if (!issuedAt || !expiresAt) return true;
  return now.getTime() > issuedAt.getTime() + (expiresAt.getTime() - issuedAt.getTime()) / 3;
}
