import { createPublicKey, type KeyObject } from 'node:crypto';
import { controlPlaneUri, hostUriPrefix } from '@bigeye/contracts';
import type { PayloadKeys } from '@bigeye/service-kit';
import type { AccountKeyStore } from './account-key-store.ts';
import type { CertificateAuthority } from './certificate-authority.ts';

/** A key that another process registered is used after this long; until a rotation is finished, both are good anyway. */
const recallMs = 2_000;

/** The control plane's side of the payload codec: reads what it and its hosts sealed, seals for itself and the account. */
export function createPayloadKeys(authority: CertificateAuthority, accountKeyStore: AccountKeyStore): PayloadKeys {
  const own = createPublicKey(authority.bigeyePrivateKey);
  let recalled: { keys: KeyObject[]; at: number } | undefined;
  return {
    caCertificate: authority.caCertificate,
    sealer: () => authority.payloadSealer,
    recipients: async () => {
      if (!recalled || Date.now() - recalled.at > recallMs) {
        const { current, previous } = await accountKeyStore.findKeys();
        const pems = [current, previous].filter((pem) => pem !== undefined);
        recalled = { keys: [own, ...pems.map((pem) => createPublicKey(pem))], at: Date.now() };
      }
      return recalled.keys;
    },
    privateKeys: async () => [authority.bigeyePrivateKey],
    acceptsSender: (uri) => uri === controlPlaneUri || uri.startsWith(hostUriPrefix),
  };
}
