import type { LineageColumn, LineageTable } from '@bigeye/contracts';
import type { LayoutInput, Positions } from './layout.ts';
import { type LineageEdge, type LineageModel, shownColumns, tableIdOf } from './lineage-model.ts';
import type { Rect } from './viewport.ts';

/** Pixels. Rows of the table nodes have these heights in `table-node.module.css` too. */
export const nodeWidth = 236;
const headerHeight = 44;
const rowHeight = 24;

/** A table as it is drawn: with the columns that have a row, and how many have none. */
export interface DrawnTable {
  table: LineageTable;
  columns: LineageColumn[];
  isOpened: boolean;
  /** Columns that were read and have no row, and those that one reply does not hold. */
  hiddenColumns: number;
  unreadColumns: number;
  height: number;
}

interface ToDraw {
  opened: ReadonlySet<number>;
  /** Tables that show all columns, however many. */
  whole: ReadonlySet<number>;
  chosen: number | undefined;
}

export function drawnTables(model: LineageModel, { opened, whole, chosen }: ToDraw): Map<number, DrawnTable> {
  const isTouched = (id: number) => id === chosen || model.into.has(id) || model.outOf.has(id);
  const drawn = new Map<number, DrawnTable>();
  for (const [id, { table, columns: read }] of model.tables) {
    const isOpened = opened.has(id);
    const columns = shownColumns(read, isTouched, whole.has(id) || !isOpened);
    const hiddenColumns = read.length - columns.length;
    const unreadColumns = isOpened ? table.columns - read.length : 0;
    const rows = columns.length + (hiddenColumns > 0 ? 1 : 0) + (unreadColumns > 0 ? 1 : 0);
    const height = headerHeight + rows * rowHeight;
    drawn.set(id, { table, columns, isOpened, hiddenColumns, unreadColumns, height });
  }
  return drawn;
}

export function layoutInputOf(model: LineageModel, tables: Map<number, DrawnTable>): LayoutInput {
  const pairs = new Map<string, { from: number; to: number }>();
  for (const { upstreamId, downstreamId } of model.edges) {
    const from = tableIdOf(model, upstreamId);
    const to = tableIdOf(model, downstreamId);
    if (from !== undefined && to !== undefined) pairs.set(`${from}-${to}`, { from, to });
  }
  return {
    nodes: [...tables].map(([id, { height }]) => ({ id, width: nodeWidth, height })),
    edges: [...pairs.values()],
  };
}

export const rectOf = (positions: Positions, tables: Map<number, DrawnTable>, id: number): Rect | undefined => {
  const position = positions.get(id);
  const table = tables.get(id);
  return position && table && { ...position, width: nodeWidth, height: table.height };
};

/** The curve of each edge, from the right of its upstream end to the left of its downstream end. */
export function curvesOf(
  model: LineageModel,
  tables: Map<number, DrawnTable>,
  positions: Positions,
): Map<LineageEdge, string> {
  const rowOf = new Map<number, number>();
  for (const { columns } of tables.values()) for (const [row, { id }] of columns.entries()) rowOf.set(id, row);
  const endOf = (id: number) => {
    const position = positions.get(tableIdOf(model, id) ?? 0);
    if (!position) return undefined;
    const row = rowOf.get(id);
    return {
      x: position.x,
      y: position.y + (row === undefined ? headerHeight / 2 : headerHeight + (row + 0.5) * rowHeight),
    };
  };
  const curves = new Map<LineageEdge, string>();
  for (const edge of model.edges) {
    const from = endOf(edge.upstreamId);
    const to = endOf(edge.downstreamId);
    if (from && to) curves.set(edge, curve(from.x + nodeWidth, from.y, to.x, to.y));
  }
  return curves;
}

function curve(x1: number, y1: number, x2: number, y2: number): string {
  // Against the flow it goes around, so that it is seen.
  const reach = x2 > x1 ? (x2 - x1) / 2 : 60 + Math.min(200, (x1 - x2) / 4);
  return `M${x1} ${y1}C${x1 + reach} ${y1} ${x2 - reach} ${y2} ${x2} ${y2}`;
}

/** The table to go to with an arrow key: along an edge to the left and right, within the layer up and down. */
export function tableBeside(model: LineageModel, positions: Positions, from: number, key: string): number | undefined {
  const here = positions.get(from);
  if (!here) return undefined;
  const along = key === 'ArrowLeft' ? model.intoTable : key === 'ArrowRight' ? model.outOfTable : undefined;
  const others = along
    ? (along.get(from) ?? []).map((edge) => tableIdOf(model, key === 'ArrowLeft' ? edge.upstreamId : edge.downstreamId))
    : [...positions.keys()].filter((id) => {
        const { x, y } = positions.get(id) ?? here;
        return Math.abs(x - here.x) < nodeWidth / 2 && (key === 'ArrowUp' ? y < here.y : y > here.y);
      });
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const id of others) {
    const there = id === undefined ? undefined : positions.get(id);
    if (!there || id === from || Math.abs(there.y - here.y) >= least) continue;
    least = Math.abs(there.y - here.y);
    best = id;
  }
  return best;
}
