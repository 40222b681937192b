import { z } from 'zod';
import { LineageNodeType, LineageTransformation } from './lineage.ts';

export const LineageNode = z.object({
  id: z.number().int(),
  externalId: z.string(),
  name: z.string(),
  type: LineageNodeType,
  /** Path of names from the database down, for example `shop.public.orders.id`. */
  path: z.string(),
  repository: z.string(),
  containerId: z.number().int().nullable(),
  attributes: z.record(z.string(), z.string()),
});
export type LineageNode = z.infer<typeof LineageNode>;

export const LineageGraphQuery = z.object({
  direction: z.enum(['ALL', 'UPSTREAM', 'DOWNSTREAM']).default('ALL'),
  depth: z.coerce.number().int().min(1).max(20).default(1),
});

export const LineageEdge = z.object({
  upstreamId: z.number().int(),
  downstreamId: z.number().int(),
  transformations: z.array(LineageTransformation),
});
export type LineageEdge = z.infer<typeof LineageEdge>;

/**
 * Asked for a table: its neighbours within `depth` steps, all columns of each, and the column edges among them.
 * Asked for a column: the columns it comes from and goes to, with their tables.
 */
export const LineageGraph = z.object({
  rootId: z.number().int(),
  nodes: z.array(LineageNode),
  edges: z.array(LineageEdge),
});
export type LineageGraph = z.infer<typeof LineageGraph>;
