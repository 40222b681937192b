import type {
  LineageColumn,
  LineageNeighbourhoodEdge as LineageEdge,
  LineageNeighbourhood,
  LineageTable,
} from '@bigeye/contracts';

export type Way = 'upstream' | 'downstream';
export type { LineageEdge };

/** A table with those of its columns that were read. */
export interface TableWithColumns {
  table: LineageTable;
  columns: LineageColumn[];
}

/** What was read of the lineage. Ids are the catalogue's; an id is of a table or of a column. */
export interface LineageModel {
  rootId: number;
  tables: Map<number, TableWithColumns>;
  columns: Map<number, LineageColumn>;
  edges: LineageEdge[];
  /** Edges that end at a column or at a table as such, and those that begin there. */
  into: Map<number, LineageEdge[]>;
  outOf: Map<number, LineageEdge[]>;
  /** The same by table, its columns included. */
  intoTable: Map<number, LineageEdge[]>;
  outOfTable: Map<number, LineageEdge[]>;
}

export function modelOf({ rootId, tables, columns, edges }: LineageNeighbourhood): LineageModel {
  const columnsOf = Map.groupBy(columns, (column) => column.tableId);
  const tableOf = new Map(columns.map(({ id, tableId }) => [id, tableId]));
  const at = (id: number) => tableOf.get(id) ?? id;
  return {
    rootId,
    tables: new Map(tables.map((table) => [table.id, { table, columns: columnsOf.get(table.id) ?? [] }])),
    columns: new Map(columns.map((column) => [column.id, column])),
    edges,
    into: Map.groupBy(edges, (edge) => edge.downstreamId),
    outOf: Map.groupBy(edges, (edge) => edge.upstreamId),
    intoTable: Map.groupBy(edges, (edge) => at(edge.downstreamId)),
    outOfTable: Map.groupBy(edges, (edge) => at(edge.upstreamId)),
  };
}

/** The table of a column; a table is its own. */
export const tableIdOf = ({ tables, columns }: LineageModel, id: number): number | undefined =>
  tables.has(id) ? id : columns.get(id)?.tableId;

/** Shown tables one step up or down. */
export function neighboursOf(model: LineageModel, tableId: number, way: Way): Set<number> {
  const edges = (way === 'upstream' ? model.intoTable : model.outOfTable).get(tableId) ?? [];
  return new Set(edges.flatMap((edge) => tableIdOf(model, farEnd(edge, way)) ?? []));
}

const farEnd = (edge: LineageEdge, way: Way) => (way === 'upstream' ? edge.upstreamId : edge.downstreamId);

/** What is lit: tables and columns, and the edges between them. */
export interface Path {
  nodes: Set<number>;
  edges: Set<LineageEdge>;
}

/**
 * All that leads to an id and all that it leads to, as far as it was read. From a column it goes from column to column,
 * and ends at a table whose columns are not shown or whose rows are decided: beyond it would be a guess. From a table it
 * goes from table to table.
 */
export function pathOf(model: LineageModel, id: number): Path {
  const path: Path = { nodes: new Set([id]), edges: new Set() };
  const isTable = model.tables.has(id);
  for (const way of ['upstream', 'downstream'] as const) {
    const by = isTable
      ? { upstream: model.intoTable, downstream: model.outOfTable }
      : { upstream: model.into, downstream: model.outOf };
    const seen = new Set([id]);
    const waiting = [id];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
      for (const edge of by[way].get(at) ?? []) {
        path.edges.add(edge);
        path.nodes.add(edge.upstreamId).add(edge.downstreamId);
        const end = farEnd(edge, way);
        const next = isTable ? tableIdOf(model, end) : model.columns.has(end) ? end : undefined;
        if (next === undefined || seen.has(next)) continue;
        seen.add(next);
        waiting.push(next);
      }
  }
  return path;
}

/** Where a column comes from in the end: the columns above it that nothing shown leads to. */
export function originsOf(model: LineageModel, id: number): LineageColumn[] {
  const found = new Set<number>();
  const waiting = [id];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const { upstreamId } of model.into.get(at) ?? []) {
      if (found.has(upstreamId) || !model.columns.has(upstreamId)) continue;
      found.add(upstreamId);
      waiting.push(upstreamId);
    }
  found.delete(id);
  return [...found].flatMap((one) => (model.into.has(one) ? [] : (model.columns.get(one) ?? [])));
}

/** Above this, a table shows the columns that edges touch, and a button for the rest. */
const manyColumns = 12;
const leastShown = 6;

/** `isTouched`: by an edge that is drawn, or chosen. */
export function shownColumns(
  columns: LineageColumn[],
  isTouched: (id: number) => boolean,
  isWhole: boolean,
): LineageColumn[] {
  if (isWhole || columns.length <= manyColumns) return columns;
  let spare = leastShown - columns.filter(({ id }) => isTouched(id)).length;
  return columns.filter(({ id }) => isTouched(id) || spare-- > 0);
}
