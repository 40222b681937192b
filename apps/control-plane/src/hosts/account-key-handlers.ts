import type { SomeHandlers } from '../http/handlers.ts';
import type { CertificateAuthority } from '../keys/certificate-authority.ts';
import { finishRotation, getAccountKey, type KeyDeps, putAccountKey } from './account-keys.ts';

/** Public keys by which hosts and the control plane seal for each other. */
export function createAccountKeyHandlers(deps: KeyDeps & { authority: CertificateAuthority }) {
  return {
    getAgentPublicKey: () => getAccountKey(deps),
    putAgentPublicKey: ({ body }) => putAccountKey(deps, body),
    deletePreviousPublicKey: ({ query }) => finishRotation(deps, query.force),
    getBigeyePublicKey: () => ({ publicKey: deps.authority.bigeyePublicKey }),
  } satisfies SomeHandlers;
}
