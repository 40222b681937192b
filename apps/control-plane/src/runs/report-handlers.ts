import type { HostId, hostListenerRoutes, RunId } from '@bigeye/contracts';
import { keyFingerprint } from '@bigeye/service-kit';
import { type RegisterDeps, registerOwnHost } from '../hosts/register-host.ts';
import { type RevokeDeps, revokeHost } from '../hosts/revoke-host.ts';
import { type Caller, requireHost, requireProvenHost } from '../http/caller.ts';
import type { Handlers } from '../http/handlers.ts';
import type { AccountKeyStore } from '../keys/account-key-store.ts';
import type { RunLogStore } from './run-log-store.ts';
import type { RunReportStore } from './run-report-store.ts';

export interface HostApiDeps extends RegisterDeps, RevokeDeps {
  accountKeyStore: AccountKeyStore;
  runLogStore: RunLogStore;
  runReportStore: RunReportStore;
}

/** The host API. Each handler first makes sure that the run is one of this host's. */
export function createHostHandlers(deps: HostApiDeps): Handlers<keyof typeof hostListenerRoutes> {
  const { hostStore, runStore, runLogStore, runReportStore } = deps;
  const ownRun = async (caller: Caller | undefined, runId: RunId): Promise<HostId> => {
    const hostId = requireHost(caller);
    await runStore.requireOnHost(runId, hostId);
    return hostId;
  };
  return {
    pushManagedAgents: ({ body, caller }) => registerOwnHost(deps, requireProvenHost(caller), body),
    getOwnHost: async ({ caller }) => {
      const { current, previous } = await deps.accountKeyStore.findKeys();
      return {
        host: await hostStore.getHost(requireHost(caller)),
        accountKey: current ? keyFingerprint(current) : null,
        previousAccountKey: previous ? keyFingerprint(previous) : null,
        bigeyeKey: keyFingerprint(deps.authority.bigeyePublicKey),
      };
    },
    unregisterHost: async ({ caller }) => {
      await revokeHost(deps, requireHost(caller));
    },
    heartbeat: async ({ body, caller }) => {
      const { hostId, certificateRenewalDue } = requireProvenHost(caller);
      return { activeRunIds: await hostStore.recordHeartbeat(hostId, body), certificateRenewalDue };
    },
    getLogPosition: async ({ params, caller }) => {
      await ownRun(caller, params.runId);
      return await runLogStore.getPosition(params.runId);
    },
    putLogChunk: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      return await runReportStore.putChunk(params.runId, params.sequence, body);
    },
    postTimeline: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await runReportStore.appendStations(params.runId, body.events);
    },
    putOutcome: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await runReportStore.recordOutcome(params.runId, body.exit, body.outcome);
    },
    putArtifact: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await runReportStore.putArtifact(params.runId, params.name, body);
    },
  };
}
