import { expect, test } from 'vitest';
import { hostFilterOf } from './host-filter.ts';

test.each([
  [{}, {}],
  [
    { state: 'offline', search: ' etl ' },
    { state: 'offline', search: 'etl' },
  ],
  [{ search: 17 }, { search: '17' }],
  [{ state: 'asleep', search: '', other: 1 }, {}],
  [{ search: 'x'.repeat(129) }, {}],
])('of an address with %j what is valid is taken', (given, filter) => {
  expect(hostFilterOf(given)).toEqual(filter);
});
