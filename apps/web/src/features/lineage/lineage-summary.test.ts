import type { LineageTable } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { modelOf } from './lineage-model.ts';
import { summaryOf } from './lineage-summary.ts';

const table = (id: number, leftOut: number): LineageTable => ({
  id,
  name: 't',
  type: 'TABLE',
  path: 't',
  repository: 'shop',
  columns: 0,
  upstream: { tables: 0, leftOut: 0 },
  downstream: { tables: leftOut, leftOut },
});
const summary = (tables: LineageTable[], leftOut = { columns: 0, pathColumns: 0, edges: 0 }) =>
  summaryOf(modelOf({ rootId: 1, tables, columns: [], edges: [], leftOut }), leftOut);

test('nothing is left out silently', () => {
  expect(summary([table(1, 0)])).toBe('1 table');
  expect(summary([table(1, 97), table(2, 0)])).toBe('2 tables · more folded at 1 of them');
  expect(summary([table(1, 0)], { columns: 3, pathColumns: 2, edges: 1200 })).toBe(
    '1 table · 2 more columns on the path not shown · 1,200 edges not drawn',
  );
  const most = Array.from({ length: 400 }, (_, n) => table(n + 1, 0));
  expect(summary(most)).toContain('no more are drawn at once');
});
