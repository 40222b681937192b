import { Host, RegistrationKeyInfo } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { answerOf, progressOf } from './registration-progress.ts';

const key = (change: Partial<RegistrationKeyInfo> = {}): RegistrationKeyInfo => ({
  ...RegistrationKeyInfo.parse({
    id: `rgk_${'0'.repeat(20)}`,
    hostId: 'etl-01',
    replaces: false,
    state: 'open',
    createdAt: '2026-03-12T12:00:00.000Z',
    createdBy: 'ann@example.com',
    expiresAt: '2026-03-12T13:00:00.000Z',
    usedAt: null,
    usedFrom: null,
  }),
  ...change,
});
const host = (change: Partial<Host> = {}): Host => ({
  ...Host.parse({
    id: 'etl-01',
    state: 'registered',
    registeredAt: '2026-03-12T12:05:00.000Z',
    lastSeenAt: null,
    orchestratorVersion: null,
    engineReachable: null,
    diskFreeBytes: null,
    certificateExpiresAt: null,
    certificateFingerprint: null,
    managedAgents: [],
    runningRuns: 0,
    queuedRuns: 0,
  }),
  ...change,
});
const used = key({ state: 'used', usedAt: '2026-03-12T12:05:00.000Z', usedFrom: '10.0.0.5' });
const online = { state: 'online', lastSeenAt: '2026-03-12T12:05:20.000Z' } as const;
const agent = { type: 'LINEAGE_PLUS', image: 'lineage' } as const;
const connections = [{ connector: 'postgres', name: 'shop' }];

const told = (hosts: Host[], keys: RegistrationKeyInfo[], made?: RegistrationKeyInfo) =>
  answerOf('etl-01', progressOf({ host: hosts[0], key: keys[0], made }));

test.each<[string, Host[], RegistrationKeyInfo[], string]>([
  ['nothing was begun', [], [], 'Register a host'],
  ['the key is open', [], [key()], 'Waiting for etl-01 …'],
  ['the key is too old', [], [key({ state: 'expired' })], 'was not used within an hour'],
  ['its maker lost the role', [], [key({ state: 'void' })], 'ann@example.com is no admin'],
  ['it was used', [host()], [used], 'etl-01 is registered. Waiting for its first word …'],
  ['the host is heard of', [host(online)], [used], 'etl-01 is online. It needs an agent.'],
  [
    'an agent is installed',
    [host({ ...online, managedAgents: [{ ...agent, connections: [] }] })],
    [used],
    'etl-01 is online. It needs a connection.',
  ],
  [
    'a connection is there',
    [host({ ...online, managedAgents: [{ ...agent, connections }] })],
    [used],
    'etl-01 is ready to run jobs.',
  ],
  ['it went silent', [host({ ...online, state: 'offline' })], [used], 'has been silent since'],
  ['it was revoked', [host({ state: 'revoked' })], [used], 'etl-01 is revoked.'],
  ['it was registered by a personal key', [host(online)], [], 'etl-01 is online.'],
])('%s', (_, hosts, keys, answer) => {
  expect(told(hosts, keys)).toContain(answer);
});

test('a host that is to be replaced is waited for, whatever the old machine says', () => {
  const old = host({ ...online, managedAgents: [{ ...agent, connections }] });
  expect(progressOf({ host: old, key: key({ replaces: true }) })).toMatchObject({
    stage: 'waiting',
    hasAgent: false,
  });
  const before = host({ state: 'online', lastSeenAt: '2026-03-12T12:04:59.000Z' });
  expect(told([before], [used])).toContain('Waiting for its first word');
});

test('a key that this page made and that is no longer there was revoked or replaced', () => {
  expect(told([], [], key())).toContain('revoked, or replaced');
  expect(told([], [key({ id: `rgk_${'1'.repeat(20)}` as never })], key())).toContain('revoked, or replaced');
});
