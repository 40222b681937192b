import type { HostId, hostListenerRoutes, RunId } from '@bigeye/contracts';
import { type Caller, requireHost } from '../auth/caller.ts';
import { type RegisterDeps, registerOwnHost } from '../hosts/register-host.ts';
import type { RunLogStore } from '../runs/run-log-store.ts';
import type { RunStore } from '../runs/run-store.ts';
import type { Handlers } from './handlers.ts';

export interface HostApiDeps extends RegisterDeps {
  runStore: RunStore;
  runLogStore: RunLogStore;
}

/** The host API. Each handler first makes sure that the run is one of this host's. */
export function createHostHandlers(deps: HostApiDeps): Handlers<keyof typeof hostListenerRoutes> {
  const { hostStore, runStore, runLogStore } = deps;
  const ownRun = async (caller: Caller | undefined, runId: RunId): Promise<HostId> => {
    const hostId = requireHost(caller);
    await runStore.requireOnHost(runId, hostId);
    return hostId;
  };
  return {
    pushManagedAgents: ({ body, caller }) => registerOwnHost(deps, requireHost(caller), body),
    heartbeat: async ({ body, caller }) => {
      const hostId = requireHost(caller);
      await hostStore.recordHeartbeat(hostId, body);
      return { activeRunIds: await runStore.listActiveIdsOfHost(hostId) };
    },
    getLogPosition: async ({ params, caller }) => {
      await ownRun(caller, params.runId);
      return await runLogStore.getPosition(params.runId);
    },
    putLogChunk: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      return await runLogStore.putChunk(params.runId, params.sequence, body);
    },
    postTimeline: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await runStore.appendTimeline(params.runId, body.events);
    },
    putOutcome: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await runStore.recordOutcome(params.runId, body.exit, body.outcome);
    },
    putArtifact: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await runLogStore.putArtifact(params.runId, params.name, body);
    },
  };
}
