import { expect, test } from 'vitest';
import { partOf } from './run-networks.ts';

test.each([
  ['172.18.0.0/16', 0, '172.18.0.0/29'],
  ['172.18.0.0/16', 63, '172.18.1.248/29'],
  ['192.168.240.0/20', 7, '192.168.240.56/29'],
  ['10.1.2.0/24', 31, '10.1.2.248/29'],
  ['10.1.2.0/24', 32, undefined],
  ['10.1.2.0/30', 0, undefined],
  ['fd00::/64', 0, undefined],
])('part %#: %s has %i at %s', (range, index, part) => {
  expect(partOf(range, index)).toBe(part);
});
