import { Run } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { runAnswer, runsAnswer } from './run-answer.ts';

const run = (change: Partial<Run>): Run => ({
  ...Run.parse({
    id: 'run_00000000000000000001',
    jobId: 'job_00000000000000000001',
    jobName: 'nightly lineage',
    hostId: 'etl-01',
    agentType: 'LINEAGE_PLUS',
    status: 'succeeded',
    failure: null,
    waitingFor: null,
    requestedBy: 'admin',
    queuedAt: '2026-03-12T02:30:00Z',
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    exitCode: null,
    outcome: null,
    artifacts: [],
    logLines: 0,
    logRemovedAt: null,
  }),
  ...change,
});

test('a failed run says why in its first line', () => {
  const failure = {
    code: 'CREDENTIALS_REFUSED',
    message: 'The source refused the credentials.',
    remedy: 'Correct it.',
  };
  expect(runAnswer(run({ status: 'failed', failure }))).toBe('Failed · The source refused the credentials');
});

test('a queued run says what it waits for, in the time of the viewer', () => {
  const words = runAnswer(
    run({ status: 'queued', waitingFor: 'Host "dmz-01", last heard of at 2026-03-12T02:29:00.000Z.' }),
  );
  expect(words).toMatch(/^Queued · waits for host "dmz-01", last heard of at 12 Mar 2026, \d\d:29:00 /);
});

test('a running run says how far it is', () => {
  expect(runAnswer(run({ status: 'running' }), 'views: 12 of 80')).toBe('Running · views: 12 of 80');
});

test('a run that is being stopped says so, and whom it waits for', () => {
  const waitingFor = 'Host "dmz-01" to stop it.';
  const canceled = run({ status: 'running', cancelRequestedAt: '2026-03-12T02:31:00Z', waitingFor });
  expect(runAnswer(canceled, '12 of 80')).toBe('Running · cancel requested, waits for host "dmz-01" to stop it');
});

test('a running run that waits for something says that instead of how far it was', () => {
  const waitingFor =
    'Host "dmz-01", since 2026-03-12T02:29:00.000Z: The Docker engine of host "dmz-01" does not answer.';
  expect(runAnswer(run({ status: 'running', waitingFor }), '12 of 80')).toMatch(
    /^Running · waits for host "dmz-01", since 12 Mar 2026, \d\d:29:00 .*: The Docker engine/,
  );
});

test('the list tells what is active and how many failed', () => {
  const runs = [run({ status: 'running' }), run({ status: 'queued' }), run({ status: 'timed_out' }), run({}), run({})];
  expect(runsAnswer(runs)).toBe('1 running, 1 queued. Of the last 3 finished runs 1 failed.');
  expect(runsAnswer([run({}), run({})])).toBe('Nothing is running. Of the last 2 finished runs none failed.');
});
