import { createPublicKey } from 'node:crypto';
import { controlPlaneUri, hostUriPrefix } from '@bigeye/contracts';
import type { PayloadKeys } from '@bigeye/service-kit';
import type { AccountKeyStore } from './account-key-store.ts';
import type { CertificateAuthority } from './certificate-authority.ts';

/** The control plane's side of the payload codec: reads what it and its hosts sealed, seals for itself and the account. */
export function createPayloadKeys(authority: CertificateAuthority, accountKeyStore: AccountKeyStore): PayloadKeys {
  const own = createPublicKey(authority.bigeyePrivateKey);
  return {
    caCertificate: authority.caCertificate,
    sealer: () => authority.payloadSealer,
    recipients: async () => {
      const { current, previous } = await accountKeyStore.findKeys();
      return [own, ...[current, previous].filter((pem) => pem !== undefined).map((pem) => createPublicKey(pem))];
    },
    privateKeys: async () => [authority.bigeyePrivateKey],
    acceptsSender: (uri) => uri === controlPlaneUri || uri.startsWith(hostUriPrefix),
    makesKeys: (uri) => uri === controlPlaneUri,
  };
}
