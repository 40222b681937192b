import { z } from 'zod';
import { lineageLimits } from './limits.ts';
import { LineageNodeType, LineageTransformation } from './lineage.ts';
import { LineageNode } from './lineage-graph.ts';
import { SerialId, storableText } from './scalars.ts';

export const LineageTableType = LineageNodeType.extract(['TABLE', 'VIEW', 'MATERIALIZED_VIEW']);
export const LineageWay = z.enum(['UPSTREAM', 'DOWNSTREAM']);
export type LineageWay = z.infer<typeof LineageWay>;

const { neighbourhood: bounds } = lineageLimits;
const id = '[1-9]\\d{0,9}';
/** As text of an address: `12,13`. */
const listOf = (one: string, max: number) =>
  z
    .string()
    .regex(new RegExp(`^(${one}(,${one}){0,${max - 1}})?$`))
    .default('');

export const LineageNeighbourhoodQuery = z.object({
  upstream: z.coerce.number().int().min(0).max(20).default(1).describe('Steps from table to table against the flow.'),
  downstream: z.coerce.number().int().min(0).max(20).default(1).describe('Steps along the flow.'),
  fan: z.coerce
    .number()
    .int()
    .min(1)
    .max(200)
    .default(10)
    .describe('How many neighbours one table brings at each step; the strongest first, the rest is counted.'),
  tables: z.coerce.number().int().min(1).max(bounds.tables).default(120).describe('Tables of the reply, at most.'),
  column: SerialId.optional().describe('A column whose path is wanted, with the tables that it goes through.'),
  opened: listOf(id, bounds.listed).describe('Tables whose columns are wanted: 12,13.'),
  more: listOf(`${id}[ud]\\d{1,3}`, bounds.listed).describe(
    'Further neighbours of single tables: 12u20 for 20 more upstream of 12, 12d20 for downstream.',
  ),
  with: listOf(id, bounds.listed).describe('Tables to have along, wherever they are: 12,13.'),
});
export type LineageNeighbourhoodQuery = z.output<typeof LineageNeighbourhoodQuery>;

/** How many tables lie one step away, and how many of them are not in the reply. */
const Side = z.object({ tables: z.number().int(), leftOut: z.number().int() });

/** A table, view or materialized view, as far as a drawing of many needs it. */
export const LineageTable = z.object({
  id: z.number().int(),
  name: z.string(),
  type: LineageTableType,
  path: z.string(),
  repository: z.string(),
  /** How many it has; `columns` of the reply holds those of opened tables and of the path. */
  columns: z.number().int(),
  upstream: Side,
  downstream: Side,
});
export type LineageTable = z.infer<typeof LineageTable>;

export const LineageColumn = z.object({
  id: z.number().int(),
  tableId: z.number().int(),
  name: z.string(),
  dataType: z.string().optional(),
});
export type LineageColumn = z.infer<typeof LineageColumn>;

/** Each end is a column of the reply, or the table of one that is not in it: then `count` edges are drawn as one. */
export const LineageNeighbourhoodEdge = z.object({
  upstreamId: z.number().int(),
  downstreamId: z.number().int(),
  count: z.number().int(),
  /** No value travels along any of them; they decide on rows or on what is chosen. */
  indirect: z.boolean(),
});
export type LineageNeighbourhoodEdge = z.infer<typeof LineageNeighbourhoodEdge>;

/** The tables around one, in bounds; what was left out is counted. docs/decisions/0027 says why it looks like this. */
export const LineageNeighbourhood = z.object({
  /** The table in the middle: the one asked for, or the one of the column asked for. */
  rootId: z.number().int(),
  /** In the order in which they were reached: the root first. */
  tables: z.array(LineageTable),
  /** By table, in the order of the table. */
  columns: z.array(LineageColumn),
  edges: z.array(LineageNeighbourhoodEdge),
  /** Columns of opened tables, columns of the path and edges beyond what one reply holds. */
  leftOut: z.object({ columns: z.number().int(), pathColumns: z.number().int(), edges: z.number().int() }),
});
export type LineageNeighbourhood = z.infer<typeof LineageNeighbourhood>;

export const LineageNeighboursQuery = z.object({
  way: LineageWay,
  of: z
    .enum(['TABLE', 'NODE'])
    .default('TABLE')
    .describe('TABLE: tables next to the table. NODE: what the edges of exactly this node lead to, columns first.'),
  search: storableText(256).default('').describe('A part of the path of the neighbour.'),
  offset: z.coerce.number().int().min(0).max(lineageLimits.nodes).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type LineageNeighboursQuery = z.output<typeof LineageNeighboursQuery>;

export const LineageNeighbour = z.object({
  id: z.number().int(),
  type: LineageNodeType,
  path: z.string(),
  /** Edges that lead there. */
  count: z.number().int(),
  transformations: z.array(LineageTransformation),
});
export type LineageNeighbour = z.infer<typeof LineageNeighbour>;

/** A page of what lies one step away, by path; `total` counts all that match. */
export const LineageNeighbours = z.object({ total: z.number().int(), neighbours: z.array(LineageNeighbour) });
export type LineageNeighbours = z.infer<typeof LineageNeighbours>;

/** One node with all its attributes, and the table of a column. */
export const LineageNodeDetails = z.object({ node: LineageNode, table: LineageNode.nullable() });
export type LineageNodeDetails = z.infer<typeof LineageNodeDetails>;
