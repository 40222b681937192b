import { AppError, type HostId } from '@bigeye/contracts';
import { hostIdOfCertificate } from '../auth/certificate-authority.ts';
import type { HostStore } from './host-store.ts';

/** Proves which host a verified client certificate belongs to. */
export interface HostIdentity {
  /** Throws CERTIFICATE_REFUSED unless it is the certificate last issued to a registered host. `der`: the certificate. */
  identify(der: Uint8Array | undefined): Promise<HostId>;
}

export function createHostIdentity(hostStore: HostStore): HostIdentity {
  return {
    identify: async (der) => {
      const named = der && hostIdOfCertificate(der);
      if (!named) throw new AppError('CERTIFICATE_REFUSED', { reason: 'it names no host' });
      const hostId = named.hostId as HostId;
      const current = await hostStore.findCertificateFingerprint(hostId);
      if (current === undefined)
        throw new AppError('CERTIFICATE_REFUSED', { reason: `host "${hostId}" is not registered` });
      if (current !== named.fingerprint)
        throw new AppError('CERTIFICATE_REFUSED', { reason: 'a newer one was issued to this host' });
      return hostId;
    },
  };
}
