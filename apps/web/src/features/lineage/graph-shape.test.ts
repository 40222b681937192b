import type { LineageTable } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { curvesOf, drawnTables, layoutInputOf, nodeWidth, tableBeside } from './graph-shape.ts';
import { layOut } from './layout.ts';
import { modelOf } from './lineage-model.ts';

const none = { tables: 0, leftOut: 0 };
const table = (id: number, columns = 30): LineageTable => ({
  id,
  name: `t${id}`,
  type: 'VIEW',
  path: `shop.t${id}`,
  repository: 'shop',
  columns,
  upstream: none,
  downstream: none,
});
const column = (id: number, tableId: number) => ({ id, tableId, name: `c${id}` });
const edge = (upstreamId: number, downstreamId: number) => ({ upstreamId, downstreamId, count: 1, indirect: false });
const model = (edges: [number, number][], columns: ReturnType<typeof column>[] = []) =>
  modelOf({
    rootId: 1,
    tables: [1, 2, 3, 4].map((id) => table(id)),
    columns,
    edges: edges.map(([from, to]) => edge(from, to)),
    leftOut: { columns: 0, pathColumns: 0, edges: 0 },
  });
const nothing = { opened: new Set<number>(), whole: new Set<number>(), chosen: undefined };

test('a folded table is a head; an opened one has rows, and one that says how many it has not', () => {
  const many = Array.from({ length: 20 }, (_, n) => column(100 + n, 2));
  const read = model([[119, 3]], many);
  const folded = drawnTables(read, nothing);
  expect(folded.get(1)).toMatchObject({ columns: [], hiddenColumns: 0, height: 44 });
  const opened = drawnTables(read, { ...nothing, opened: new Set([2]) }).get(2);
  expect(opened?.columns.map(({ id }) => id)).toEqual([100, 101, 102, 103, 104, 119]);
  expect(opened).toMatchObject({ hiddenColumns: 14, unreadColumns: 10, height: 44 + 8 * 24 });
  const whole = drawnTables(read, { ...nothing, opened: new Set([2]), whole: new Set([2]) }).get(2);
  expect(whole).toMatchObject({ hiddenColumns: 0, height: 44 + 21 * 24 });
});

test('the chosen column has a row, also where no edge touches it', () => {
  const many = Array.from({ length: 20 }, (_, n) => column(100 + n, 2));
  const drawn = drawnTables(model([], many), { ...nothing, opened: new Set([2]), chosen: 115 });
  expect(drawn.get(2)?.columns.map(({ id }) => id)).toContain(115);
});

test('upstream is left of downstream, nothing lies on anything, and many edges between two tables count once', () => {
  const read = model(
    [
      [1, 2],
      [100, 2],
      [2, 3],
      [2, 4],
      [4, 2],
    ],
    [column(100, 1)],
  );
  const tables = drawnTables(read, nothing);
  const input = layoutInputOf(read, tables);
  expect(input.edges).toHaveLength(4);
  const positions = layOut(input);
  const x = (id: number) => positions.get(id)?.x ?? Number.NaN;
  expect(x(1) + nodeWidth).toBeLessThan(x(2));
  expect(x(2) + nodeWidth).toBeLessThan(x(3));
  expect(new Set([...positions.values()].map((at) => `${at.x} ${at.y}`)).size).toBe(4);
});

test('tables that nothing connects have their place too', () => {
  const read = model([]);
  expect(layOut(layoutInputOf(read, drawnTables(read, nothing))).size).toBe(4);
});

test('an edge ends at the row of its column, or at the head of its table', () => {
  const read = model([[100, 2]], [column(99, 1), column(100, 1)]);
  const positions = new Map([
    [1, { x: 0, y: 0 }],
    [2, { x: 500, y: 10 }],
  ]);
  const [curve] = curvesOf(read, drawnTables(read, { ...nothing, opened: new Set([1]) }), positions).values();
  expect(curve).toMatch(new RegExp(`^M${nodeWidth} 80C.* 500 32$`));
});

test('arrow keys go along the edges, and up and down within a layer', () => {
  const read = model([
    [1, 3],
    [2, 4],
  ]);
  const positions = new Map([
    [1, { x: 0, y: 0 }],
    [2, { x: 0, y: 90 }],
    [3, { x: 400, y: 0 }],
    [4, { x: 400, y: 90 }],
  ]);
  expect(tableBeside(read, positions, 1, 'ArrowRight')).toBe(3);
  expect(tableBeside(read, positions, 3, 'ArrowLeft')).toBe(1);
  expect(tableBeside(read, positions, 1, 'ArrowDown')).toBe(2);
  expect(tableBeside(read, positions, 2, 'ArrowUp')).toBe(1);
  expect(tableBeside(read, positions, 1, 'ArrowLeft')).toBeUndefined();
});
