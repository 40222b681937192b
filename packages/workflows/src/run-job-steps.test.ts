import type { ContainerEnd, HostActivities, RecordRunStatusInput, RunJobInput } from '@bigeye/contracts';
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

const startedAt = '2026-01-01T00:00:00.000Z';
/** What the host said itself, and what a clock or a cancel ended while the host was away. */
const said = new Error('said by the host');
const unheard = new Error('not heard of');

/** `cancelAt`: when the cancel comes; `reported`: what the host had reported by the way. */
interface Scene extends Partial<HostActivities> {
  cancelAt?: 'at once' | 'while starting' | 'while following';
  reported?: ContainerEnd;
}

async function play({ cancelAt, reported, ...host }: Scene) {
  const statuses: RecordRunStatusInput[] = [];
  const asked: string[] = [];
  let isCanceled = cancelAt === 'at once';
  const asks = <Name extends keyof HostActivities>(name: Name, otherwise: HostActivities[Name], cancel = false) =>
    (async (of: RunJobInput) => {
      asked.push(name);
      if (cancel) isCanceled = true;
      return await (host[name] ?? otherwise)(of);
    }) as HostActivities[Name];
  await runJobSteps(input, {
    host: {
      startContainer: asks('startContainer', async () => ({ startedAt }), cancelAt === 'while starting'),
      settleStart: asks('settleStart', async () => null),
      followContainer: asks('followContainer', async () => ended({}), cancelAt === 'while following'),
      stopContainer: asks('stopContainer', async () => ended({ stopped: 'canceled', exitCode: 143 })),
    },
    recordRunStatus: async (status) => void statuses.push(status),
    findReportedEnd: async () => reported ?? null,
    isCancelRequested: () => isCanceled,
    leavesOpen: (error) => (error === said ? 'nothing' : 'its end'),
    failureOf: (error) => ({ code: error === said ? 'CONTAINER_VANISHED' : 'HOST_LOST', details: {} }),
  });
  const words = statuses.map((s) => {
    const { exit = null, failure = null } = 'failure' in s ? s : {};
    return [s.status, ...(exit ? [`exit ${exit.exitCode}`] : []), ...(failure ? [failure.code] : [])].join(' ');
  });
  return { asked, words, statuses };
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
  ['killed by somebody else says so', { exitCode: 137 }, 'failed', 'AGENT_KILLED'],
  ['a crash of its own is no kill', { exitCode: 139 }, 'failed', 'AGENT_EXITED'],
  ['ended by a restart of the host', { exitCode: 255, hostRestarted: true }, 'failed', 'HOST_REBOOTED'],
  ['done before a restart of the host', { exitCode: 0, hostRestarted: true }, 'succeeded', null],
  [
    "a restart does not hide the agent's verdict",
    { exitCode: 3, hostRestarted: true },
    'failed',
    'CREDENTIALS_REFUSED',
  ],
  ['exit 0 with a child killed for memory succeeds', { outOfMemory: true }, 'succeeded', null],
  ['stopped by cancel is canceled, whatever the exit code', { exitCode: 143, stopped: 'canceled' }, 'canceled', null],
  ['stopped by its time limit is timed out', { exitCode: 137, stopped: 'timed_out' }, 'timed_out', 'RUN_TIMED_OUT'],
];

test.each(ends)('%s', async (_, end, status, code) => {
  const { statuses } = await play({ followContainer: async () => ended(end) });
  expect(statuses.map((s) => [s.status, 'failure' in s ? (s.failure?.code ?? null) : undefined])).toEqual([
    ['running', undefined],
    [status, code],
  ]);
});

const fail = (error: Error) => () => Promise.reject(error);
const scenes: [string, Scene, string[], string[]][] = [
  ['canceled before it was offered, nothing is asked of the host', { cancelAt: 'at once' }, [], ['canceled']],
  [
    'canceled before its container started, it has none',
    { cancelAt: 'while starting', startContainer: async () => null },
    ['startContainer'],
    ['canceled'],
  ],
  [
    'canceled when its container had just started, it is stopped by the host, and its end is kept',
    { cancelAt: 'while starting' },
    ['startContainer', 'stopContainer'],
    ['running', 'canceled exit 143'],
  ],
  [
    'canceled while the host that may have started it is away, its host settles that first',
    { cancelAt: 'while starting', startContainer: fail(unheard) },
    ['startContainer', 'settleStart'],
    ['canceled'],
  ],
  [
    'canceled likewise, and it had started: it is stopped',
    { cancelAt: 'while starting', startContainer: fail(unheard), settleStart: async () => ({ startedAt }) },
    ['startContainer', 'settleStart', 'stopContainer'],
    ['running', 'canceled exit 143'],
  ],
  [
    'canceled while nobody follows it, it is canceled only once its host has stopped it',
    { cancelAt: 'while following', followContainer: fail(unheard) },
    ['startContainer', 'followContainer', 'stopContainer'],
    ['running', 'canceled exit 143'],
  ],
  [
    'canceled too late, it ends as it ended',
    { cancelAt: 'while following' },
    ['startContainer', 'followContainer'],
    ['running', 'succeeded exit 0'],
  ],
  [
    'not started in time by a host that may have started it, it goes on where it did',
    { startContainer: fail(unheard), settleStart: async () => ({ startedAt }) },
    ['startContainer', 'settleStart', 'followContainer'],
    ['running', 'succeeded exit 0'],
  ],
  [
    'not started in time, it fails with the reason once its host says that it has none',
    { startContainer: fail(unheard) },
    ['startContainer', 'settleStart'],
    ['failed HOST_LOST'],
  ],
  [
    'a start that the host refused is not asked about again',
    { startContainer: fail(said) },
    ['startContainer'],
    ['failed CONTAINER_VANISHED'],
  ],
  [
    'a failure that the host told while it followed is how the run ended',
    { followContainer: fail(said) },
    ['startContainer', 'followContainer'],
    ['running', 'failed CONTAINER_VANISHED'],
  ],
  [
    'a host that is lost, and had reported how the container ended: that is how it ended',
    { followContainer: fail(unheard), reported: ended({ exitCode: 3 }) },
    ['startContainer', 'followContainer'],
    ['running', 'failed exit 3 CREDENTIALS_REFUSED'],
  ],
  [
    'a host that is lost without a word is said to be lost',
    { followContainer: fail(unheard) },
    ['startContainer', 'followContainer'],
    ['running', 'failed HOST_LOST'],
  ],
];

test.each(scenes)('%s', async (_, scene, asked, words) => {
  const played = await play(scene);
  expect(played.asked).toEqual(asked);
  expect(played.words).toEqual(words);
});
