import { expect, test } from 'vitest';
import { lineageLimits } from './limits.ts';
import { LineageNeighbourhoodQuery } from './lineage-neighbourhood.ts';

const { tables, listed } = lineageLimits.neighbourhood;

test('without words of its own a neighbourhood is one step each way, in bounds', () => {
  expect(LineageNeighbourhoodQuery.parse({})).toEqual({
    upstream: 1,
    downstream: 1,
    fan: 10,
    tables: 120,
    opened: '',
    more: '',
    with: '',
  });
});

test.each([
  { opened: '1,2,2147483647' },
  { more: '12u20,13d5' },
  { with: Array.from({ length: listed }, (_, n) => n + 1).join() },
  { upstream: '0', downstream: '20', tables: String(tables), column: '7' },
])('%j is understood', (query) => {
  expect(LineageNeighbourhoodQuery.safeParse(query).success).toBe(true);
});

test.each([
  ...[{ opened: 'x' }, { opened: '1,,2' }, { opened: '0' }, { opened: '-1' }, { opened: '12345678901' }],
  ...[{ more: '12' }, { more: '12u' }, { more: '12x3' }, { more: '12u1000' }],
  { with: Array.from({ length: listed + 1 }, (_, n) => n + 1).join() },
  ...[{ upstream: '21' }, { fan: '0' }, { tables: String(tables + 1) }, { column: '2147483648' }],
])('%j is refused', (query) => {
  expect(LineageNeighbourhoodQuery.safeParse(query).success).toBe(false);
});
