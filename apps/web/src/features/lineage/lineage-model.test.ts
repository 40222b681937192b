import type { LineageNeighbourhood, LineageTable } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { modelOf, neighboursOf, originsOf, pathOf, shownColumns } from './lineage-model.ts';

// orders(10: id 11, total 12) → stg(20: id 21, total 22) → report(30: day 31, revenue 32); rates(40) → report
const none = { tables: 0, leftOut: 0 };
const table = (id: number): LineageTable => ({
  id,
  name: `t${id}`,
  type: 'VIEW',
  path: `shop.t${id}`,
  repository: 'shop',
  columns: 2,
  upstream: none,
  downstream: none,
});
const column = (id: number) => ({ id, tableId: Math.floor(id / 10) * 10, name: `c${id}` });
const edge = (upstreamId: number, downstreamId: number) => ({ upstreamId, downstreamId, count: 1, indirect: false });
const reply = (over: Partial<LineageNeighbourhood>): LineageNeighbourhood => ({
  rootId: 20,
  tables: [10, 20, 30, 40].map(table),
  columns: [],
  edges: [],
  leftOut: { columns: 0, pathColumns: 0, edges: 0 },
  ...over,
});
const fine = modelOf(
  reply({
    columns: [11, 12, 21, 22, 31, 32].map(column),
    edges: [edge(11, 21), edge(12, 22), edge(22, 32), edge(40, 32), edge(21, 30)],
  }),
);
const coarse = modelOf(reply({ edges: [edge(10, 20), edge(20, 30), edge(40, 30)] }));
const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b);

test('columns are with their tables, and neighbours are found through them', () => {
  expect(fine.tables.get(10)?.columns.map(({ id }) => id)).toEqual([11, 12]);
  expect(sorted(neighboursOf(fine, 30, 'upstream'))).toEqual([20, 40]);
  expect(sorted(neighboursOf(fine, 10, 'downstream'))).toEqual([20]);
});

test('the path of a column goes from column to column, up and down', () => {
  const path = pathOf(fine, 22);
  expect(sorted(path.nodes)).toEqual([12, 22, 32]);
  expect(path.edges.size).toBe(2);
});

test('the other sources of what a column leads to are not on its path', () => {
  expect(pathOf(fine, 12).nodes.has(40)).toBe(false);
  expect(sorted(pathOf(fine, 32).nodes)).toEqual([12, 22, 32, 40]);
});

test('the path of a column ends at a table whose rows it decides: what lies beyond would be a guess', () => {
  const beyond = modelOf(reply({ columns: [11, 21].map(column), edges: [edge(11, 21), edge(21, 30), edge(30, 40)] }));
  expect(sorted(pathOf(beyond, 11).nodes)).toEqual([11, 21, 30]);
});

test('the path of a table goes from table to table, through opened ones too', () => {
  expect(sorted(pathOf(coarse, 10).nodes)).toEqual([10, 20, 30]);
  const mixed = modelOf(reply({ columns: [21, 22].map(column), edges: [edge(10, 21), edge(22, 30), edge(40, 30)] }));
  expect(sorted(pathOf(mixed, 10).nodes)).toEqual([10, 21, 22, 30]);
});

test('a circle ends the walk', () => {
  const circle = modelOf(reply({ edges: [edge(10, 20), edge(20, 10)] }));
  expect(sorted(pathOf(circle, 10).nodes)).toEqual([10, 20]);
  expect(originsOf(modelOf(reply({ columns: [11, 21].map(column), edges: [edge(11, 21), edge(21, 11)] })), 11)).toEqual(
    [],
  );
});

test('origins are the columns at the very top of what is shown', () => {
  expect(originsOf(fine, 32).map(({ id }) => id)).toEqual([12]);
});

test('of many columns those that edges touch are shown', () => {
  const columns = Array.from({ length: 30 }, (_, index) => column(100 + index));
  const shown = shownColumns(columns, (id) => id === 129, false).map(({ id }) => id);
  expect(shown).toEqual([100, 101, 102, 103, 104, 129]);
  expect(shownColumns(columns, () => false, true)).toHaveLength(30);
});
