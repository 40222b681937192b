import { z } from 'zod';
import { lineageLimits } from '../limits.ts';
import { CustomRepository, CustomRepositoryInput, LineageSyncRequest, LineageSyncResponse } from '../lineage.ts';
import { LineageGraph, LineageGraphQuery, LineageNode } from '../lineage-graph.ts';
import {
  LineageNeighbourhood,
  LineageNeighbourhoodQuery,
  LineageNeighbours,
  LineageNeighboursQuery,
  LineageNodeDetails,
} from '../lineage-neighbourhood.ts';
import { LineagePartDigest, LineageSyncManifest, LineageSyncPart, LineageSyncState } from '../lineage-parts.ts';
import { SerialId, storableText } from '../scalars.ts';
import { atLeast, route } from './route.ts';

const lineageAccess = { kind: 'role', role: 'member', agentKey: true } as const;
export const lineageRoutes = {
  listCustomRepositories: route({
    method: 'GET',
    path: '/api/v2/lineage/custom-repositories',
    tag: 'Lineage',
    summary: 'List the custom repositories',
    access: { kind: 'role', role: 'viewer', agentKey: true },
    response: z.object({ customRepositories: z.array(CustomRepository) }),
    errors: [],
  }),
  createCustomRepository: route({
    method: 'POST',
    path: '/api/v2/lineage/custom-repositories',
    tag: 'Lineage',
    summary: 'Create a custom repository, or find the one of that name',
    access: lineageAccess,
    body: CustomRepositoryInput,
    audit: ['name'],
    response: CustomRepository,
    errors: ['INVALID_INPUT'],
  }),
  syncCustomRepository: route({
    method: 'POST',
    path: '/api/v2/lineage/custom-repositories/sync',
    tag: 'Lineage',
    summary: 'Replace the nodes and edges of a repository',
    access: lineageAccess,
    body: LineageSyncRequest,
    bodyLimit: lineageLimits.syncBytes,
    audit: ['customRepositoryId'],
    response: LineageSyncResponse,
    errors: [
      ...(['INVALID_INPUT', 'REPOSITORY_NOT_FOUND', 'LINEAGE_REFERENCE_UNKNOWN'] as const),
      ...(['LINEAGE_LIMIT_REACHED', 'LINEAGE_SYNC_UNDER_WAY'] as const),
    ],
  }),
  putLineageSyncPart: route({
    method: 'PUT',
    path: '/api/v2/lineage/custom-repositories/:repositoryId/parts/:digest',
    tag: 'Lineage',
    summary:
      'Send one part of a sync in parts; it changes nothing until a list names it, and is dropped after an hour without one',
    access: lineageAccess,
    params: z.object({ repositoryId: SerialId, digest: LineagePartDigest }),
    rawBodyLimit: lineageLimits.partBytes,
    rawBodyIsGzipOf: LineageSyncPart,
    response: null,
    errors: ['INVALID_INPUT', 'REPOSITORY_NOT_FOUND', 'LINEAGE_PART_INVALID', 'LINEAGE_LIMIT_REACHED'],
  }),
  syncLineageParts: route({
    method: 'POST',
    path: '/api/v2/lineage/custom-repositories/:repositoryId/syncs',
    tag: 'Lineage',
    summary:
      'Replace the nodes and edges of a repository by those of the listed parts, or learn which parts are missing',
    access: lineageAccess,
    params: z.object({ repositoryId: SerialId }),
    body: LineageSyncManifest,
    response: LineageSyncState,
    errors: ['INVALID_INPUT', 'REPOSITORY_NOT_FOUND', 'LINEAGE_REFERENCE_UNKNOWN', 'LINEAGE_LIMIT_REACHED'],
  }),
  searchLineageNodes: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes',
    tag: 'Lineage',
    summary:
      'Find tables, views and columns by a part of their name; attributes over 1,000 characters (SQL) only come with the node itself',
    access: atLeast('viewer'),
    query: z.object({
      search: storableText(256).default(''),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
    response: z.object({ nodes: z.array(LineageNode) }),
    errors: [],
  }),
  getLineageGraph: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId/graph',
    tag: 'Lineage',
    summary: 'The graph around a node, by steps upstream and downstream',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    query: LineageGraphQuery,
    response: LineageGraph,
    errors: ['LINEAGE_NODE_NOT_FOUND', 'LINEAGE_GRAPH_TOO_LARGE'],
  }),
  getLineageNode: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId',
    tag: 'Lineage',
    summary: 'One node with its attributes, and the table of a column',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    response: LineageNodeDetails,
    errors: ['LINEAGE_NODE_NOT_FOUND'],
  }),
  getLineageNeighbourhood: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId/neighbourhood',
    tag: 'Lineage',
    summary: 'The tables around a table or a column, in bounds; columns where asked for',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    query: LineageNeighbourhoodQuery,
    response: LineageNeighbourhood,
    errors: ['LINEAGE_NODE_NOT_FOUND', 'LINEAGE_NODE_WITHOUT_TABLE'],
  }),
  listLineageNeighbours: route({
    method: 'GET',
    path: '/api/v2/lineage/nodes/:nodeId/neighbours',
    tag: 'Lineage',
    summary: 'What lies one step from a node, page by page',
    access: atLeast('viewer'),
    params: z.object({ nodeId: SerialId }),
    query: LineageNeighboursQuery,
    response: LineageNeighbours,
    errors: ['LINEAGE_NODE_NOT_FOUND', 'LINEAGE_NODE_WITHOUT_TABLE'],
  }),
};
