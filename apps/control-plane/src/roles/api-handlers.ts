import { Readable } from 'node:stream';
import { type apiRoutes, isActive } from '@bigeye/contracts';
import { type AccessDeps, createAccessHandlers, type KeyRoute } from '../access/access-handlers.ts';
import { createSingleSignOnHandlers, type SingleSignOnDeps } from '../access/single-sign-on-handlers.ts';
import { createAuditHandlers } from '../audit/audit-handlers.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import type { ChangeFeed } from '../db/change-feed.ts';
import { finishRotation, getAccountKey, putAccountKey } from '../hosts/account-keys.ts';
import { type RegisterDeps, registerHost } from '../hosts/register-host.ts';
import { createRegistrationHandlers, type RegistrationDeps } from '../hosts/registration-handlers.ts';
import { revokeHost } from '../hosts/revoke-host.ts';
import { nameOfCaller } from '../http/caller.ts';
import type { Handlers } from '../http/handlers.ts';
import { createJob, updateJob } from '../jobs/write-job.ts';
import type { AccountKeyStore } from '../keys/account-key-store.ts';
import type { LineageNeighbourhoodStore } from '../lineage/lineage-neighbourhood-store.ts';
import type { LineagePartStore } from '../lineage/lineage-part-store.ts';
import type { LineageStore } from '../lineage/lineage-store.ts';
import { deleteJob } from '../runs/delete-job.ts';
import { streamRunEvents } from '../runs/run-events.ts';
import type { RunLogStore } from '../runs/run-log-store.ts';
import { type StartRunDeps, startRun } from '../runs/start-run.ts';
import type { PayloadReader } from '../temporal/payload-reader.ts';

export interface ApiDeps extends StartRunDeps, RegisterDeps, AccessDeps, SingleSignOnDeps, RegistrationDeps {
  accountKeyStore: AccountKeyStore;
  payloadReader: PayloadReader;
  auditStore: AuditStore;
  runLogStore: RunLogStore;
  lineageStore: LineageStore;
  lineagePartStore: LineagePartStore;
  neighbourhoodStore: LineageNeighbourhoodStore;
  changes: ChangeFeed;
}

/** One thin handler for each row of `apiRoutes`. */
export function createApiHandlers(deps: ApiDeps): Handlers<keyof typeof apiRoutes> {
  const { hostStore, jobStore, runStore, runLogStore, lineageStore, lineagePartStore, neighbourhoodStore } = deps;
  return {
    listHosts: async () => ({ hosts: await hostStore.listHosts() }),
    getHost: ({ params }) => hostStore.getHost(params.hostId),
    getCaCertificate: () => ({ caCertificate: deps.authority.caCertificate }),
    registerHost: ({ body }) => registerHost(deps, body),
    revokeHost: async ({ params }) => {
      await revokeHost(deps, params.hostId);
      return await hostStore.getHost(params.hostId);
    },
    ...createRegistrationHandlers(deps),
    decodePayloads: ({ body }) => deps.payloadReader.decode(body),

    listJobs: ({ query }) => jobStore.listJobs(query),
    createJob: ({ body, caller }) => createJob(deps, body, nameOfCaller(caller)),
    getJob: ({ params }) => jobStore.getJob(params.jobId),
    updateJob: ({ params, body }) => updateJob(deps, params.jobId, body),
    deleteJob: ({ params }) => deleteJob(deps, params.jobId),

    startRun: ({ params, caller }) => startRun(deps, params.jobId, nameOfCaller(caller)),
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
      return { lines, nextAfter, complete: !isActive(run.status) && nextAfter >= run.logLines };
    },
    downloadRunLog: async ({ params, reply }) => {
      await runStore.getRun(params.runId);
      reply.header('content-disposition', `attachment; filename="${params.runId}.log"`);
      return Readable.from(runLogStore.readText(params.runId));
    },
    streamRunEvents: ({ params, ...input }) => streamRunEvents(deps, params.runId, input),
    downloadArtifact: async ({ params, reply }) => {
      await runStore.getRun(params.runId);
      reply.header('content-disposition', `attachment; filename="${params.name}"`);
      return await runLogStore.getArtifact(params.runId, params.name);
    },

    ...createAccessHandlers(deps),
    ...createSingleSignOnHandlers(deps),
    ...createAuditHandlers(deps),
    ...createKeyHandlers(deps),

    listCustomRepositories: async () => ({ customRepositories: await lineageStore.listRepositories() }),
    createCustomRepository: ({ body }) => lineageStore.upsertRepository(body.name, body.workspaceId),
    syncCustomRepository: async ({ body }) => {
      await lineageStore.replaceRepository(body);
      const workflowId = `lineage-sync-${body.customRepositoryId}`;
      return { workflowId, status: 'COMPLETED', nodes: body.nodes.length, edges: body.edges.length };
    },
    putLineageSyncPart: ({ params, body }) => lineagePartStore.putPart(params.repositoryId, params.digest, body),
    syncLineageParts: ({ params, body }) => lineagePartStore.sync(params.repositoryId, body.parts),
    searchLineageNodes: async ({ query }) => ({ nodes: await lineageStore.searchNodes(query.search, query.limit) }),
    getLineageGraph: ({ params, query }) => lineageStore.getGraph(params.nodeId, query),
    getLineageNode: ({ params }) => neighbourhoodStore.getNode(params.nodeId),
    getLineageNeighbourhood: ({ params, query }) => neighbourhoodStore.getNeighbourhood(params.nodeId, query),
    listLineageNeighbours: ({ params, query }) => neighbourhoodStore.listNeighbours(params.nodeId, query),
  };
}

function createKeyHandlers(deps: ApiDeps): Handlers<KeyRoute> {
  const { authority } = deps;
  return {
    getAgentPublicKey: () => getAccountKey(deps),
    putAgentPublicKey: ({ body }) => putAccountKey(deps, body),
    deletePreviousPublicKey: ({ query }) => finishRotation(deps, query.force),
    getBigeyePublicKey: () => ({ publicKey: authority.bigeyePublicKey }),
  };
}
