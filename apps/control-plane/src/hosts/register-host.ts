import { AppError, type RegisterRequest, type RegisterResponse } from '@bigeye/contracts';
import type { z } from 'zod';
import type { ProvenHost } from '../http/caller.ts';
import type { CertificateAuthority, IssuedCertificate } from '../keys/certificate-authority.ts';
import type { HostStore } from './host-store.ts';

export interface RegisterDeps {
  hostStore: HostStore;
  authority: CertificateAuthority;
  /** How hosts reach us. */
  endpoints: { gatewayAddress: string; hostApiUrl: string };
}
type Request = z.output<typeof RegisterRequest>;

/** Creates or updates a host; with a certificate request it also issues the only certificate that counts from then on. */
export async function registerHost(deps: RegisterDeps, request: Request): Promise<RegisterResponse> {
  const { hostId, certificateRequest } = request;
  const issued = certificateRequest ? await deps.authority.issueForHost(hostId, certificateRequest) : undefined;
  return await admitHost(deps, request, issued);
}

/** The second half of it, once whoever asks may have the host. */
export async function admitHost(
  deps: RegisterDeps,
  request: Request,
  issued: IssuedCertificate | undefined,
): Promise<RegisterResponse> {
  const { hostStore } = deps;
  const { hostId, managedAgents } = request;
  await hostStore.upsertHost(hostId, managedAgents);
  if (issued) await hostStore.recordCertificate(hostId, issued);
  return await answer(deps, request, issued?.pem);
}

/** The same by the host's own certificate, for itself only: agents, or a renewal. Throws CERTIFICATE_REFUSED. */
export async function registerOwnHost(
  deps: RegisterDeps,
  { hostId, fingerprint }: ProvenHost,
  request: Request,
): Promise<RegisterResponse> {
  if (request.hostId !== hostId)
    throw new AppError('CERTIFICATE_REFUSED', { reason: `it belongs to "${hostId}", not to "${request.hostId}"` });
  const { hostStore, authority } = deps;
  if (!request.certificateRequest) {
    await hostStore.upsertHost(hostId, request.managedAgents);
    return await answer(deps, request);
  }
  const issued = await authority.issueForHost(hostId, request.certificateRequest);
  await hostStore.recordRenewal(hostId, issued, fingerprint);
  return await answer(deps, request, issued.pem);
}

async function answer(
  { hostStore, authority, endpoints }: RegisterDeps,
  { hostId }: Request,
  certificate?: string,
): Promise<RegisterResponse> {
  const host = await hostStore.getHost(hostId);
  return { host, ...(certificate ? { certificate } : {}), caCertificate: authority.caCertificate, ...endpoints };
}
