import type { LineageTransformation, LineageSyncEdge as ParsedSyncEdge } from '@bigeye/contracts';
import { type Flow, toTransformation } from '../resolver/flow.ts';
import type { SourceNames } from './source-names.ts';
import type { ViewLineage } from './view-lineage.ts';

/** An edge as it is sent: what the contract fills in is left out, which is a fifth of a large request. */
export type SyncEdge = Pick<ParsedSyncEdge, 'upstreamExternalId' | 'downstreamExternalId'> & {
  readonly transformations?: readonly LineageTransformation[];
};

/**
 * Edges of one view: table to view for what it reads, column to column for values and what bears on one column alone, and
 * column to view for joins, filters, grouping and order. The last would otherwise be an edge to every column.
 */
export function viewEdges(lineage: ViewLineage, names: SourceNames): SyncEdge[] {
  const viewId = names.relationId(lineage.view);
  const edges = [
    ...[...lineage.relations].map((relation) => edge(names.relationId(relation), viewId)),
    ...lineage.columns.flatMap(({ column, flow }) => flowEdges(flow, names.columnId(column), names)),
    ...(lineage.rows === undefined ? [] : flowEdges(lineage.rows, viewId, names)),
  ];
  return edges.sort((a, b) => order(pair(a), pair(b)));
}

function flowEdges(flow: Flow, downstream: string, names: SourceNames): SyncEdge[] {
  return [...flow.entries()].map(([column, subtypes]) =>
    edge(names.columnId(column), downstream, subtypes.map(toTransformation)),
  );
}

function edge(
  upstreamExternalId: string,
  downstreamExternalId: string,
  transformations?: readonly LineageTransformation[],
): SyncEdge {
  return { upstreamExternalId, downstreamExternalId, ...(transformations === undefined ? {} : { transformations }) };
}

function pair(edge: SyncEdge): string {
  return `${edge.downstreamExternalId}\0${edge.upstreamExternalId}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
