import { expect, test } from 'vitest';
import { runFilterOf, toListFilter } from './run-filter.ts';

const job = 'job_00000000000000000001';

test('a filter survives the way through the address', () => {
  const filter = runFilterOf({ status: 'timed_out', job, host: 'etl-01' });
  expect(runFilterOf(Object.fromEntries(new URLSearchParams({ ...filter })))).toEqual(filter);
  expect(toListFilter(filter)).toEqual({ status: 'timed_out', jobId: job, hostId: 'etl-01' });
});

test('what is not valid in an address filters nothing', () => {
  expect(runFilterOf({ status: 'exploded', job: 7, host: 'no spaces please', page: '2' })).toEqual({});
});
