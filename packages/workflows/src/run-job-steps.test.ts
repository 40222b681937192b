import type { ContainerEnd, RecordRunStatusInput, ReportedFailure, RunJobInput } from '@bigeye/contracts';
import { HostId, JobId, JobSettings, RunId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { runJobSteps } from './run-job-steps.ts';

const input: RunJobInput = {
  protocolVersion: 1,
  runId: RunId.parse('run_00000000000000000001'),
  jobId: JobId.parse('job_00000000000000000001'),
  hostId: HostId.parse('etl-01'),
  agentType: 'LINEAGE_PLUS',
  parameters: {},
  settings: JobSettings.parse({ runTimeoutSeconds: 60 }),
};
const ended = (end: Partial<ContainerEnd>): ContainerEnd => ({
  exitCode: 0,
  outOfMemory: false,
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:09.000Z',
  stopped: null,
  ...end,
});

async function recorded(follow: () => Promise<ContainerEnd>, verdict: 'canceled' | ReportedFailure = 'canceled') {
  const statuses: RecordRunStatusInput[] = [];
  await runJobSteps(input, {
    host: { startContainer: async () => ({ startedAt: '2026-01-01T00:00:00.000Z' }), followContainer: follow },
    recordRunStatus: async (status) => void statuses.push(status),
    judge: () => verdict,
  });
  return statuses.map((s) => [s.status, 'failure' in s ? (s.failure?.code ?? null) : undefined]);
}

const ends: [string, Partial<ContainerEnd>, string, string | null][] = [
  ['exit 0 succeeds', {}, 'succeeded', null],
  ['exit 1 names the exit code', { exitCode: 1 }, 'failed', 'AGENT_EXITED'],
  ['exit 3 is refused credentials', { exitCode: 3 }, 'failed', 'CREDENTIALS_REFUSED'],
  ['exit 5 is a partial result', { exitCode: 5 }, 'failed', 'PARTIAL_RESULT'],
  ['exit 8 is a source that could not serve the run', { exitCode: 8 }, 'failed', 'SOURCE_FAILED'],
  ['killed for memory says so', { exitCode: 137, outOfMemory: true }, 'failed', 'OUT_OF_MEMORY'],
  [
    "a child killed for memory does not hide the agent's verdict",
    { exitCode: 4, outOfMemory: true },
    'failed',
    'SOURCE_UNREACHABLE',
  ],
  ['exit 0 with a child killed for memory succeeds', { outOfMemory: true }, 'succeeded', null],
  ['stopped by cancel is canceled, whatever the exit code', { exitCode: 143, stopped: 'canceled' }, 'canceled', null],
  ['stopped by its time limit is timed out', { exitCode: 137, stopped: 'timed_out' }, 'timed_out', 'RUN_TIMED_OUT'],
];

test.each(ends)('%s', async (_, end, status, code) => {
  expect(await recorded(async () => ended(end))).toEqual([
    ['running', undefined],
    [status, code],
  ]);
});

test('a failure in the middle is recorded with its code', async () => {
  const lost = { code: 'HOST_LOST', details: { hostId: 'etl-01' } } as const;
  expect(await recorded(() => Promise.reject(new Error('away')), lost)).toEqual([
    ['running', undefined],
    ['failed', 'HOST_LOST'],
  ]);
});
