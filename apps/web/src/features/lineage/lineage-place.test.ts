import { expect, test } from 'vitest';
import { lineagePlaceOf, toggleOpen } from './lineage-place.ts';

test('a place survives the way through the address', () => {
  const place = { node: 12, depth: 3, open: ['12u', '40d'], at: 77 };
  expect(lineagePlaceOf(JSON.parse(JSON.stringify(place)))).toEqual(place);
});

test('what is not valid in an address is left out', () => {
  expect(lineagePlaceOf({ node: '12', depth: 99, open: ['x', 3], at: -1 })).toEqual({ node: 12, depth: 6 });
  expect(lineagePlaceOf({ depth: 2, at: 5 })).toEqual({});
});

test('opening a table twice closes it', () => {
  expect(toggleOpen(toggleOpen(undefined, 12, 'upstream'), 12, 'upstream')).toEqual([]);
  expect(toggleOpen(['12u'], 12, 'downstream')).toEqual(['12u', '12d']);
});
