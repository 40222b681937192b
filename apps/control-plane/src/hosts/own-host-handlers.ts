import { keyFingerprint } from '@bigeye/service-kit';
import { requireHost, requireProvenHost } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import type { AccountKeyStore } from '../keys/account-key-store.ts';
import type { HeartbeatStore } from './heartbeat-store.ts';
import { type RegisterDeps, registerOwnHost } from './register-host.ts';

export interface OwnHostDeps extends RegisterDeps {
  accountKeyStore: AccountKeyStore;
  heartbeatStore: HeartbeatStore;
  temporalNamespace: string;
}

/** What a host says and asks about itself, by its certificate. */
export function createOwnHostHandlers(deps: OwnHostDeps) {
  const { hostStore, heartbeatStore, accountKeyStore, authority, temporalNamespace } = deps;
  return {
    pushManagedAgents: ({ body, caller }) => registerOwnHost(deps, requireProvenHost(caller), body),
    getOwnHost: async ({ caller }) => {
      const { current, previous } = await accountKeyStore.findKeys();
      return {
        host: await hostStore.getHost(requireHost(caller)),
        accountKey: current ? keyFingerprint(current) : null,
        previousAccountKey: previous ? keyFingerprint(previous) : null,
        bigeyeKey: keyFingerprint(authority.bigeyePublicKey),
        temporalNamespace,
      };
    },
    heartbeat: async ({ body, caller }) => {
      const { hostId, certificateRenewalDue } = requireProvenHost(caller);
      return { ...(await heartbeatStore.recordHeartbeat(hostId, body)), certificateRenewalDue };
    },
  } satisfies SomeHandlers;
}
