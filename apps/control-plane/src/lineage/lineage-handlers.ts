import type { SomeHandlers } from '../http/handlers.ts';
import type { LineageNeighbourhoodStore } from './lineage-neighbourhood-store.ts';
import type { LineagePartStore } from './lineage-part-store.ts';
import type { LineageStore } from './lineage-store.ts';

export interface LineageDeps {
  lineageStore: LineageStore;
  lineagePartStore: LineagePartStore;
  neighbourhoodStore: LineageNeighbourhoodStore;
}

/** Lineage: agents write it, people read it. */
export function createLineageHandlers({ lineageStore, lineagePartStore, neighbourhoodStore }: LineageDeps) {
  return {
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
  } satisfies SomeHandlers;
}
