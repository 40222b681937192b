import type { LineageEdge, LineageGraph, LineageNode } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import {
  edgeKey,
  mergeGraphs,
  neighboursOf,
  originsOf,
  pathOf,
  shownColumns,
  shownEdges,
  shownTables,
} from './lineage-model.ts';

// orders(10: id 11, total 12) → stg(20: id 21, total 22) → report(30: day 31, revenue 32); rates(40: rate 41) → report
const node = (
  id: number,
  type: LineageNode['type'],
  containerId: number | null = null,
  ordinal = '0',
): LineageNode => ({
  id,
  type,
  containerId,
  externalId: `x${id}`,
  name: `n${id}`,
  path: `n${id}`,
  repository: 'shop',
  attributes: { ordinal },
});
const edge = (upstreamId: number, downstreamId: number): LineageEdge => ({
  upstreamId,
  downstreamId,
  transformations: [],
});
const column = (id: number, table: number, ordinal = '0') => node(id, 'COLUMN', table, ordinal);
const orders = [node(10, 'TABLE'), column(12, 10, '2'), column(11, 10, '1')];
const stg = [node(20, 'VIEW'), column(21, 20), column(22, 20)];
const report = [node(30, 'VIEW'), column(31, 30), column(32, 30)];
const rates = [node(40, 'TABLE'), column(41, 40)];
const graph = (nodes: LineageNode[], edges: LineageEdge[]): LineageGraph => ({ rootId: 0, nodes, edges });
const upper = graph([...orders, ...stg], [edge(10, 20), edge(11, 21), edge(12, 22)]);
const lower = graph(
  [...stg, ...report, ...rates],
  [edge(20, 30), edge(22, 32), edge(41, 32), edge(40, 30), edge(21, 30)],
);
const model = mergeGraphs([upper, lower]);

test('graphs that overlap become one, columns in their order', () => {
  expect([...model.tables.keys()].sort()).toEqual([10, 20, 30, 40]);
  expect(model.tables.get(10)?.columns.map(({ id }) => id)).toEqual([11, 12]);
  expect(model.edges).toHaveLength(8);
});

test('a column whose table was not read is left out with its edges', () => {
  const alone = mergeGraphs([graph([...stg, column(12, 10)], [edge(12, 22)])]);
  expect(alone.nodes.has(12)).toBe(false);
  expect(alone.edges).toEqual([]);
});

test('the path of a column goes up and down through all that was read, and no further', () => {
  const path = pathOf(model, 22);
  expect([...path.nodes].sort((a, b) => a - b)).toEqual([12, 22, 32]);
  expect([...path.edges].sort()).toEqual(['12-22', '22-32']);
});

test('the other sources of what a column leads to are not on its path', () => {
  expect(pathOf(model, 12).nodes.has(41)).toBe(false);
  expect([...pathOf(model, 32).nodes].sort((a, b) => a - b)).toEqual([12, 22, 32, 41]);
});

test('a circle ends the walk', () => {
  const circle = mergeGraphs([graph([...stg], [edge(21, 22), edge(22, 21)])]);
  expect([...pathOf(circle, 21).nodes].sort()).toEqual([21, 22]);
});

test('origins are the columns at the very top', () => {
  expect(
    originsOf(model, 32)
      .map(({ id }) => id)
      .sort(),
  ).toEqual([12, 41]);
});

test('one step shows the neighbours of the root, and an opened table its own', () => {
  expect([...shownTables(model, 20, 1, [])].sort()).toEqual([10, 20, 30]);
  expect([...shownTables(model, 20, 1, ['30u'])].sort()).toEqual([10, 20, 30, 40]);
  expect([...shownTables(model, 10, 2, [])].sort()).toEqual([10, 20, 30]);
});

test('a column that decides the rows of a view makes its table a neighbour', () => {
  const rows = mergeGraphs([graph([...orders, ...stg], [edge(11, 20)])]);
  expect([...neighboursOf(rows, 20, 'upstream')]).toEqual([10]);
});

test('an edge between tables is drawn only where no finer one tells the same', () => {
  const drawn = shownEdges(model, new Set([10, 20, 30, 40]))
    .map(edgeKey)
    .sort();
  expect(drawn).toEqual(['11-21', '12-22', '21-30', '22-32', '41-32']);
  expect(shownEdges(mergeGraphs([graph([...orders, ...stg], [edge(10, 20)])]), new Set([10, 20]))).toHaveLength(1);
});

test('of many columns those that edges touch are shown', () => {
  const columns = Array.from({ length: 30 }, (_, index) => column(100 + index, 99, String(index)));
  const shown = shownColumns({ node: node(99, 'TABLE'), columns }, new Set([129]), false).map(({ id }) => id);
  expect(shown).toEqual([100, 101, 102, 103, 104, 129]);
  expect(shownColumns({ node: node(99, 'TABLE'), columns }, new Set(), true)).toHaveLength(30);
});
