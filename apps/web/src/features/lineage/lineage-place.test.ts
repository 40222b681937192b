import { expect, test } from 'vitest';
import { lineagePlaceOf, moreOf, toggled, withMore, withoutMore } from './lineage-place.ts';

test('a place survives the way through the address', () => {
  const place = { node: 12, depth: 3, opened: [12, 40], more: ['12u20', '40d40'], with: [7], at: 77 };
  expect(lineagePlaceOf(JSON.parse(JSON.stringify(place)))).toEqual(place);
});

test('what is not valid in an address is left out', () => {
  const wrong = { node: '12', depth: 99, opened: ['x', -1, 2 ** 31], more: ['12u', 'x', 3, '12u0', '1d2000'], at: -1 };
  expect(lineagePlaceOf(wrong)).toEqual({ node: 12, depth: 6 });
  expect(lineagePlaceOf({ depth: 2, at: 5 })).toEqual({});
  expect(lineagePlaceOf({ node: 1, opened: Array.from({ length: 150 }, (_, n) => n + 1) }).opened).toHaveLength(100);
});

test('one thing is chosen, the column before the table', () => {
  expect(lineagePlaceOf({ node: 1, at: 5, table: 6 })).toEqual({ node: 1, at: 5 });
  expect(lineagePlaceOf({ node: 1, table: 6 })).toEqual({ node: 1, table: 6 });
});

test('more neighbours add up, table by table and way by way, and fold again', () => {
  const more = withMore(withMore(withMore({ node: 1 }, 12, 'upstream', 20), 12, 'upstream', 20), 12, 'downstream', 20);
  expect(more.more).toEqual(['12u40', '12d20']);
  expect(moreOf(more, 12, 'upstream')).toBe(40);
  expect(moreOf(more, 1, 'upstream')).toBe(0);
  expect(withoutMore(more, 12, 'upstream').more).toEqual(['12d20']);
});

test('what is toggled twice is gone', () => {
  expect(toggled(toggled(undefined, 12), 13)).toEqual([12, 13]);
  expect(toggled([12, 13], 12)).toEqual([13]);
});
