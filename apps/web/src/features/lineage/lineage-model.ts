import type { LineageEdge, LineageGraph, LineageNode } from '@bigeye/contracts';

export type Way = 'upstream' | 'downstream';

/** A table, view or materialized view with its columns in their order. */
export interface LineageTable {
  node: LineageNode;
  columns: LineageNode[];
}

/** All that was read of the lineage so far. Ids are the catalogue's; an id is of a table or of a column. */
export interface LineageModel {
  tables: Map<number, LineageTable>;
  nodes: Map<number, LineageNode>;
  edges: LineageEdge[];
  /** Edges that end at an id, and those that begin there. */
  into: Map<number, LineageEdge[]>;
  outOf: Map<number, LineageEdge[]>;
}

export const edgeKey = ({ upstreamId, downstreamId }: LineageEdge): string => `${upstreamId}-${downstreamId}`;

/** One model of several overlapping graphs. Columns whose table was not read are left out, with their edges. */
export function mergeGraphs(graphs: LineageGraph[]): LineageModel {
  const all = new Map(graphs.flatMap((graph) => graph.nodes).map((node) => [node.id, node]));
  const tables = new Map<number, LineageTable>();
  for (const node of all.values()) if (isTable(node)) tables.set(node.id, { node, columns: [] });
  for (const node of all.values()) tables.get(node.type === 'COLUMN' ? (node.containerId ?? 0) : 0)?.columns.push(node);
  const nodes = new Map<number, LineageNode>();
  for (const [id, { node, columns }] of tables) {
    columns.sort((a, b) => ordinalOf(a) - ordinalOf(b) || a.id - b.id);
    nodes.set(id, node);
    for (const column of columns) nodes.set(column.id, column);
  }
  const unique = new Map(graphs.flatMap((graph) => graph.edges).map((edge) => [edgeKey(edge), edge]));
  const edges = [...unique.values()].filter((edge) => nodes.has(edge.upstreamId) && nodes.has(edge.downstreamId));
  return {
    tables,
    nodes,
    edges,
    into: Map.groupBy(edges, (edge) => edge.downstreamId),
    outOf: Map.groupBy(edges, (edge) => edge.upstreamId),
  };
}

export const isTable = ({ type }: LineageNode): boolean =>
  type === 'TABLE' || type === 'VIEW' || type === 'MATERIALIZED_VIEW';

const ordinalOf = ({ attributes }: LineageNode): number => Number(attributes.ordinal ?? 0);

/** The table of a column; a table is its own. */
export function tableIdOf(model: LineageModel, id: number): number | undefined {
  const node = model.nodes.get(id);
  if (!node) return undefined;
  return node.type === 'COLUMN' ? (node.containerId ?? undefined) : id;
}

/** Tables one step up or down, by an edge of the table itself or of one of its columns. */
export function neighboursOf(model: LineageModel, tableId: number, way: Way): Set<number> {
  const found = new Set<number>();
  const edges = way === 'upstream' ? model.into : model.outOf;
  for (const id of [tableId, ...(model.tables.get(tableId)?.columns.map((column) => column.id) ?? [])])
    for (const edge of edges.get(id) ?? []) {
      const other = tableIdOf(model, way === 'upstream' ? edge.upstreamId : edge.downstreamId);
      if (other !== undefined && other !== tableId) found.add(other);
    }
  return found;
}

/** Tables within `depth` steps of the root, each way, and the neighbours of those that were opened (`12u`, `12d`). */
export function shownTables(model: LineageModel, root: number, depth: number, open: string[]): Set<number> {
  const shown = new Set<number>();
  if (!model.tables.has(root)) return shown;
  for (const way of ['upstream', 'downstream'] as const) {
    let front = new Set([root]);
    const reached = new Set(front);
    for (let step = 0; step < depth; step++) {
      front = new Set([...front].flatMap((id) => [...neighboursOf(model, id, way)]).filter((id) => !reached.has(id)));
      for (const id of front) reached.add(id);
    }
    for (const id of reached) shown.add(id);
  }
  for (const one of open) {
    const id = Number.parseInt(one, 10);
    if (shown.has(id))
      for (const other of neighboursOf(model, id, one.endsWith('u') ? 'upstream' : 'downstream')) shown.add(other);
  }
  return shown;
}

export interface Path {
  nodes: Set<number>;
  edges: Set<string>;
}

/** Everything that leads to an id and all that it leads to, over the edges that were read. A table stands for its columns too. */
export function pathOf(model: LineageModel, id: number): Path {
  const path: Path = { nodes: new Set(), edges: new Set() };
  const start = [id, ...(model.tables.get(id)?.columns.map((column) => column.id) ?? [])];
  for (const way of ['upstream', 'downstream'] as const) walk(model, start, way, path);
  return path;
}

function walk(model: LineageModel, start: number[], way: Way, path: Path): void {
  const edges = way === 'upstream' ? model.into : model.outOf;
  const seen = new Set(start);
  const waiting = [...start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    path.nodes.add(at);
    for (const edge of edges.get(at) ?? []) {
      path.edges.add(edgeKey(edge));
      const next = way === 'upstream' ? edge.upstreamId : edge.downstreamId;
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
}

/** Where a column comes from in the end: the columns above it that nothing is known to lead to. */
export function originsOf(model: LineageModel, id: number): LineageNode[] {
  const path: Path = { nodes: new Set(), edges: new Set() };
  walk(model, [id], 'upstream', path);
  path.nodes.delete(id);
  return [...path.nodes].flatMap((one) => {
    const node = model.nodes.get(one);
    return node?.type === 'COLUMN' && !model.into.has(one) ? [node] : [];
  });
}

/** Above this, a table shows the columns that edges touch, and a button for the rest. */
const manyColumns = 12;
const leastShown = 6;

export function shownColumns({ columns }: LineageTable, touched: ReadonlySet<number>, isWhole: boolean): LineageNode[] {
  if (isWhole || columns.length <= manyColumns) return columns;
  let spare = leastShown - columns.filter(({ id }) => touched.has(id)).length;
  return columns.filter(({ id }) => touched.has(id) || spare-- > 0);
}

/** Edges to draw among the shown tables. One between tables says nothing where finer ones tell the same. */
export function shownEdges(model: LineageModel, shown: ReadonlySet<number>): LineageEdge[] {
  const ends = model.edges.flatMap((edge) => {
    const from = tableIdOf(model, edge.upstreamId);
    const to = tableIdOf(model, edge.downstreamId);
    return from !== undefined && to !== undefined && from !== to && shown.has(from) && shown.has(to)
      ? [{ edge, from, to }]
      : [];
  });
  const isFine = ({ edge, from, to }: (typeof ends)[number]) => edge.upstreamId !== from || edge.downstreamId !== to;
  const told = new Set(ends.filter(isFine).map(({ from, to }) => `${from}-${to}`));
  return ends.filter((end) => isFine(end) || !told.has(`${end.from}-${end.to}`)).map(({ edge }) => edge);
}
