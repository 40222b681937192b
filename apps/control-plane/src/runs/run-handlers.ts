import { Readable } from 'node:stream';
import { AppError, isActive } from '@bigeye/contracts';
import type { ChangeFeed } from '../db/change-feed.ts';
import { nameOfCaller } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import type { ArtifactStore } from './artifact-store.ts';
import { type RevokeDeps, revokeHost } from './revoke-host.ts';
import type { RunCountStore } from './run-count-store.ts';
import type { RunEventStore } from './run-event-store.ts';
import { streamRunEvents } from './run-events.ts';
import type { RunLogStore } from './run-log-store.ts';
import { createStartRun, type StartRunDeps } from './start-run.ts';

export interface RunDeps extends StartRunDeps, RevokeDeps {
  runLogStore: RunLogStore;
  artifactStore: ArtifactStore;
  runEventStore: RunEventStore;
  runCountStore: RunCountStore;
  changes: ChangeFeed;
}

/** Runs, as people and the CLI see them, and what ends them: a host that is revoked. */
export function createRunHandlers(deps: RunDeps) {
  const { runStore, runLogStore, artifactStore } = deps;
  const startRun = createStartRun(deps);
  return {
    revokeHost: async ({ params }) => {
      await revokeHost(deps, params.hostId);
      return await deps.hostStore.getHost(params.hostId);
    },
    startRun: ({ params, caller }) => startRun(params.jobId, nameOfCaller(caller)),
    listRuns: ({ query }) => runStore.listRuns(query),
    getRun: ({ params }) => runStore.getRun(params.runId),
    cancelRun: async ({ params, caller }) => {
      await runStore.requestCancel(params.runId, nameOfCaller(caller));
      await deps.dispatcher.cancel(params.runId);
      return await runStore.getRun(params.runId);
    },
    getRunTimeline: async ({ params }) => {
      await runStore.getRun(params.runId);
      return { events: await runStore.listTimeline(params.runId) };
    },
    getRunLog: async ({ params, query }) => {
      const run = await runStore.getRun(params.runId);
      const lines = await runLogStore.readLines(params.runId, query.after, query.limit);
      const nextAfter = lines.at(-1)?.number ?? query.after;
      const isRead = nextAfter >= run.logLines || run.logRemovedAt !== null;
      return { lines, nextAfter, complete: !isActive(run.status) && isRead };
    },
    downloadRunLog: async ({ params, reply }) => {
      const { logRemovedAt: removedAt } = await runStore.getRun(params.runId);
      if (removedAt !== null) throw new AppError('LOG_REMOVED', { runId: params.runId, removedAt });
      reply.header('content-disposition', `attachment; filename="${params.runId}.log"`);
      return Readable.from(runLogStore.readText(params.runId));
    },
    listRunEvents: ({ query }) => deps.runEventStore.listEvents(query),
    countRuns: async ({ query }) => ({ counts: await deps.runCountStore.countsOf(query.days) }),
    streamRunEvents: ({ params, ...input }) => streamRunEvents(deps, params.runId, input),
    downloadArtifact: async ({ params, reply }) => {
      await runStore.getRun(params.runId);
      const content = await artifactStore.getArtifact(params.runId, params.name);
      reply.header('content-disposition', `attachment; filename="${params.name}"`);
      return content;
    },
  } satisfies SomeHandlers;
}
