import type { Run } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { newerRun } from './newer-run.ts';

const run = (status: Run['status'], logLines: number, outcome: Run['outcome'] = null) =>
  ({ id: 'run_00000000000000000001', status, logLines, outcome }) as Run;

test('an answer that was overtaken by the end of the run does not bring it back to life', () => {
  expect(newerRun(run('canceled', 40), run('running', 60))).toMatchObject({ status: 'canceled', logLines: 60 });
});

test('the outcome that comes after the end is taken', () => {
  const outcome = { message: '3 views', counts: {} };
  expect(newerRun(run('succeeded', 40), run('succeeded', 40, outcome)).outcome).toEqual(outcome);
});
