import { expect, test } from 'vitest';
import { slotsFor } from './run-slots.ts';

test.each([
  ['1 CPU, 1 GiB', 1, 1, 1],
  ['1 CPU, 512 MiB', 1, 0.5, 1],
  ['2 CPUs, 4 GiB', 2, 4, 4],
  ['8 CPUs, 4 GiB', 8, 4, 6],
  ['8 CPUs, 32 GiB', 8, 32, 16],
  ['128 CPUs, 512 GiB', 128, 512, 63],
])(
  'a machine of %s takes as many runs as memory and CPUs are good for, at least one and at most 63',
  (_, cpus, gib, slots) => {
    expect(slotsFor({ cpus, memoryBytes: gib * 1024 ** 3 })).toBe(slots);
  },
);
