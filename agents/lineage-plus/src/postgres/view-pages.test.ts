import { expect, test } from 'vitest';
import type { Relation } from '../resolver/catalog.ts';
import type { InventoryRelation } from './read-inventory.ts';
import { viewPages } from './view-pages.ts';

const relation = { schema: 's', name: 'v', kind: 'view', columns: [] } as unknown as Relation;

function view(oid: number, relations: readonly number[], bytes = 1_000): InventoryRelation {
  return { oid, relation, isSystem: false, partitionOf: undefined, rule: { version: '1', relations, bytes } };
}
const sizes = (views: readonly InventoryRelation[]) => [...viewPages(views)].map((page) => page.length);
const many = (count: number, relationsOf: (n: number) => number[], bytes?: number) =>
  Array.from({ length: count }, (_, n) => view(n, relationsOf(n), bytes));

test('a page locks no more than 40 views and tables, each counted once', () => {
  expect(sizes(many(100, (n) => [1_000 + n]))).toEqual([20, 20, 20, 20, 20]);
  expect(sizes(many(100, () => [1_000, 1_001]))).toEqual([38, 38, 24]);
});

test('a view that is too much by itself is a page by itself, and none is lost', () => {
  const wide = Array.from({ length: 60 }, (_, n) => 2_000 + n);
  const views = [view(1, [1_000]), view(2, wide), view(3, [1_001]), view(4, [1_002], 9_000_000), view(5, [1_003])];
  expect(sizes(views)).toEqual([1, 1, 1, 1, 1]);
  expect([...viewPages(views)].flat()).toEqual(views);
});

test('long texts make short pages, so that each is printed in a fraction of a second', () => {
  expect(sizes(many(10, (n) => [1_000 + n], 200_000))).toEqual([2, 2, 2, 2, 2]);
});
