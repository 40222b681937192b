import { Host, type HostSummary } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { hostAnswer } from './host-answer.ts';

const now = new Date('2026-03-12T12:00:00Z');
const host = (id: string, change: Partial<Host> = {}): Host => ({
  ...Host.parse({
    id,
    state: 'online',
    registeredAt: '2026-01-01T00:00:00Z',
    lastSeenAt: '2026-03-12T11:59:58Z',
    orchestratorVersion: '0.1.0',
    engineReachable: true,
    diskFreeBytes: 80 * 1024 ** 3,
    certificateExpiresAt: null,
    certificateFingerprint: null,
    managedAgents: [{ type: 'LINEAGE_PLUS', image: 'lineage' }],
    runningRuns: 0,
    queuedRuns: 0,
  }),
  ...change,
});

const none = { count: 0, first: [] };
const summary = (states: Partial<HostSummary['states']>, part: Partial<HostSummary> = {}): HostSummary => ({
  states: { registered: 0, online: 0, offline: 0, revoked: 0, ...states },
  unable: none,
  drained: none,
  lowOnDisk: none,
  ...part,
});
const some = (...first: Host[]) => ({ count: first.length, first });

test('all well is told in one sentence', () => {
  expect(hostAnswer(summary({ online: 2000 }), now)).toBe('All 2,000 hosts can run.');
});

test('an offline host is named with what waits for it', () => {
  const dmz = host('dmz-01', { state: 'offline', lastSeenAt: '2026-03-12T09:12:00Z', queuedRuns: 2 });
  expect(hostAnswer(summary({ online: 1, offline: 1 }, { unable: some(dmz) }), now)).toMatch(
    /^1 of 2 hosts can run\. dmz-01 has been offline since \d\d:12, with 2 runs waiting\.$/,
  );
});

test('of many that cannot run two are named, and the others counted', () => {
  const [a, b] = [host('etl-01', { managedAgents: [] }), host('etl-02', { managedAgents: [] })];
  expect(hostAnswer(summary({ online: 2000 }, { unable: { count: 1202, first: [a, b, a] } }), now)).toBe(
    '798 of 2,000 hosts can run. etl-01 has no agent installed. etl-02 has no agent installed. 1,200 others cannot run either.',
  );
});

test('an online host whose Docker engine is away cannot run', () => {
  const etl = host('etl-01', { engineReachable: false });
  expect(hostAnswer(summary({ online: 1 }, { unable: some(etl) }), now)).toBe(
    'No host can run. etl-01 is online, but its Docker engine does not answer.',
  );
});

test('low disk warns but does not keep a host from running', () => {
  const etl = host('etl-01', { diskFreeBytes: 4 * 1024 ** 3 });
  expect(hostAnswer(summary({ online: 1 }, { lowOnDisk: some(etl) }), now)).toBe(
    'The one host can run. 1 warning: etl-01 has 4.0 GiB disk left.',
  );
  expect(hostAnswer(summary({ online: 2000 }, { lowOnDisk: { count: 40, first: [etl] } }), now)).toBe(
    'All 2,000 hosts can run. 40 warnings: etl-01 has 4.0 GiB disk left and 39 more.',
  );
});

test('a revoked host is out on purpose and counts no more', () => {
  expect(hostAnswer(summary({ online: 1, revoked: 1 }), now)).toBe('The one host can run.');
  expect(hostAnswer(summary({ revoked: 1 }), now)).toBe('Every host is revoked.');
});

test('a host with too little disk to start a run is named with what it needs', () => {
  const full = host('etl-02', { diskFreeBytes: 200 * 1024 ** 2, diskNeededBytes: 1024 ** 3, queuedRuns: 1 });
  expect(hostAnswer(summary({ online: 2 }, { unable: some(full), lowOnDisk: some(full) }), now)).toBe(
    '1 of 2 hosts can run. etl-02 starts no run with less than 1.0 GiB disk free, with 1 run waiting. ' +
      '1 warning: etl-02 has 200 MiB disk left.',
  );
});

test('a drained host is no trouble, and is named with what waits for it', () => {
  const drain = { since: '2026-03-12T11:00:00.000Z', by: 'ann', note: 'update', state: 'drained' as const };
  const away = host('etl-02', { drain, queuedRuns: 2 });
  expect(hostAnswer(summary({ online: 2 }, { drained: some(away) }), now)).toBe(
    '1 of 2 hosts can run. Drained: etl-02, with 2 runs waiting.',
  );
});
