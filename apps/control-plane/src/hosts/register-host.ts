import { AppError, type HostId, type RegisterRequest, type RegisterResponse } from '@bigeye/contracts';
import type { z } from 'zod';
import type { CertificateAuthority } from '../auth/certificate-authority.ts';
import type { HostStore } from './host-store.ts';

export interface RegisterDeps {
  hostStore: HostStore;
  authority: CertificateAuthority;
  /** How hosts reach us. */
  endpoints: { gatewayAddress: string; hostApiUrl: string };
}

/** Creates or updates a host; with a certificate request it also issues the certificate that counts from then on. */
export async function registerHost(
  { hostStore, authority, endpoints }: RegisterDeps,
  request: z.output<typeof RegisterRequest>,
): Promise<RegisterResponse> {
  const { hostId, managedAgents, certificateRequest } = request;
  const issued = certificateRequest ? await authority.issueForHost(hostId, certificateRequest) : undefined;
  await hostStore.upsertHost(hostId, managedAgents);
  if (issued) await hostStore.recordCertificate(hostId, issued);
  return {
    host: await hostStore.getHost(hostId),
    ...(issued ? { certificate: issued.pem } : {}),
    caCertificate: authority.caCertificate,
    ...endpoints,
  };
}

/** The same by the host's own certificate: only for itself. Throws CERTIFICATE_REFUSED. */
export async function registerOwnHost(
  deps: RegisterDeps,
  hostId: HostId,
  request: z.output<typeof RegisterRequest>,
): Promise<RegisterResponse> {
  if (request.hostId !== hostId)
    throw new AppError('CERTIFICATE_REFUSED', { reason: `it belongs to "${hostId}", not to "${request.hostId}"` });
  return await registerHost(deps, request);
}
