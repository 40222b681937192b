import { z } from 'zod';
import { lineageLimits } from './limits.ts';
import { Int32, SerialId, storableText } from './scalars.ts';

/** What a lineage node is. A column's container is a table, view or materialized view; theirs a schema; its the database. */
export const LineageNodeType = z.enum(['DATABASE', 'SCHEMA', 'TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'COLUMN']);
export type LineageNodeType = z.infer<typeof LineageNodeType>;

/** OpenLineage's words for how a value travels (facet `columnLineage` 1-2-0). */
export const LineageTransformation = z.object({
  type: z.enum(['DIRECT', 'INDIRECT']),
  subtype: z.enum([
    'IDENTITY',
    'TRANSFORMATION',
    'AGGREGATION',
    'JOIN',
    'FILTER',
    'GROUP_BY',
    'SORT',
    'WINDOW',
    'CONDITIONAL',
  ]),
  description: storableText(2000).optional(),
});
export type LineageTransformation = z.infer<typeof LineageTransformation>;

/** Names follow OpenLineage: `postgres://host:port/db.schema.table`, and `…#column` for a column. */
export const ExternalId = storableText(1024).min(1);

export const LineageSyncNode = z.object({
  externalId: ExternalId,
  nodeName: storableText(512).min(1),
  nodeType: LineageNodeType,
  containerExternalId: ExternalId.optional(),
  attributes: z
    .array(z.object({ name: storableText(128), value: storableText(100_000) }))
    .max(lineageLimits.attributesOfNode)
    .optional(),
});
export type LineageSyncNode = z.infer<typeof LineageSyncNode>;

/**
 * From column to column (values), column to view (joins, filters: they shape the whole view) or table to table. At most
 * one per pair.
 */
export const LineageSyncEdge = z.object({
  upstreamExternalId: ExternalId,
  downstreamExternalId: ExternalId,
  relationshipType: z.literal('LINEAGE').default('LINEAGE'),
  transformations: z.array(LineageTransformation).max(32).default([]),
});
export type LineageSyncEdge = z.infer<typeof LineageSyncEdge>;

const WorkspaceId = z.coerce.number().pipe(Int32).default(1);

/** Body of `POST /api/v2/lineage/custom-repositories/sync`: the whole truth about one repository, replacing the last. */
export const LineageSyncRequest = z.object({
  customRepositoryId: SerialId,
  workspaceId: WorkspaceId,
  nodes: z.array(LineageSyncNode).max(lineageLimits.nodes),
  edges: z.array(LineageSyncEdge).max(lineageLimits.edges),
  cleanupStale: z.boolean().default(true),
});
export type LineageSyncRequest = z.input<typeof LineageSyncRequest>;

/** `workflowId` is what a client polls; our sync is finished when it answers, so the status is already final. */
export const LineageSyncResponse = z.object({
  workflowId: z.string(),
  status: z.enum(['COMPLETED', 'PARTIAL_FAILURE', 'FAILED']),
  nodes: z.number().int(),
  edges: z.number().int(),
});
export type LineageSyncResponse = z.infer<typeof LineageSyncResponse>;

/** A named set of nodes that one writer owns: here, one connection of Lineage Plus. */
export const CustomRepository = z.object({
  id: z.number().int(),
  name: z.string(),
  workspaceId: z.number().int(),
  syncedAt: z.iso.datetime().nullable(),
});
export type CustomRepository = z.infer<typeof CustomRepository>;

export const CustomRepositoryInput = z.object({
  name: storableText(256).min(1),
  workspaceId: WorkspaceId,
});
