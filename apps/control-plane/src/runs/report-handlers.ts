import type { HostId, RunId } from '@bigeye/contracts';
import { type Caller, requireHost } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { type RevokeDeps, revokeHost } from './revoke-host.ts';
import type { RunLogStore } from './run-log-store.ts';
import type { RunReportStore } from './run-report-store.ts';

export interface ReportDeps extends RevokeDeps {
  runLogStore: RunLogStore;
  runReportStore: RunReportStore;
  artifactStore: ArtifactStore;
}

/** What a host reports of its runs, and that it takes itself out. A run must be one of this host's. */
export function createReportHandlers(deps: ReportDeps) {
  const { runStore, runLogStore, runReportStore, artifactStore } = deps;
  const ownRun = async (caller: Caller | undefined, runId: RunId): Promise<HostId> => {
    const hostId = requireHost(caller);
    await runStore.requireOnHost(runId, hostId);
    return hostId;
  };
  return {
    unregisterHost: async ({ caller }) => {
      await revokeHost(deps, requireHost(caller));
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
      await runReportStore.recordOutcome(params.runId, body.exit, body.outcome, body.resources);
    },
    putArtifact: async ({ params, body, caller }) => {
      await ownRun(caller, params.runId);
      await artifactStore.putArtifact(params.runId, params.name, body);
    },
  } satisfies SomeHandlers;
}
