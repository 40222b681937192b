import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HostId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { renderComposeFile } from './compose-file.ts';
import { assertGuardUntouched, assertRunningGuard, recordGuard } from './guard-fingerprint.ts';
import { planGuardPolicy } from './guard-policy-file.ts';
import { type HostHome, hostFilesOf, hostHomeAt } from './host-home.ts';
import { runSlotsOf } from './run-slots.ts';

const hostId = HostId.parse('etl-01');

function recordedHome(): HostHome {
  const home = hostHomeAt(mkdtempSync(path.join(tmpdir(), 'guard-')));
  mkdirSync(hostFilesOf(home, hostId).folder, { recursive: true });
  const socket = { path: '/var/run/docker.sock', gid: 998 };
  const user = { uid: 1001, gid: 1002 };
  const slots = runSlotsOf(home, hostId, 2);
  writeFileSync(
    home.composeFile,
    renderComposeFile({ home, hostId, user, slots, socket, policy: 'p', controlPlane: 'abc' }),
  );
  writeFileSync(home.guardPolicy, planGuardPolicy({ home, user, slots }).content);
  recordGuard(home, hostId);
  return home;
}

function differences(change: (text: string, home: HostHome) => string): string[] {
  const home = recordedHome();
  writeFileSync(home.composeFile, change(readFileSync(home.composeFile, 'utf8'), home));
  return differencesOf(home);
}

function differencesOf(home: HostHome): string[] {
  try {
    assertGuardUntouched(home, hostId);
    return [];
  } catch (error) {
    return (error as { details: { differs: string[] } }).details.differs;
  }
}

const service = 'services.docker-socket-proxy';
const guardLine = '  docker-socket-proxy:\n';

test.each<[string, (text: string) => string, string[]]>([
  ['a flag turned on', (t) => t.replace('EXEC: "0"', 'EXEC: "1"'), [`${service}.environment.EXEC`]],
  ['a flag removed', (t) => t.replace('      EVENTS: "0"\n', ''), [`${service}.environment.EVENTS`]],
  ['a flag added', (t) => t.replace('EXEC: "0"', 'EXEC: "0"\n      ALLOW_X: "1"'), [`${service}.environment.ALLOW_X`]],
  ['another owner', (t) => t.replace('OWNER: etl-01', 'OWNER: other'), [`${service}.environment.BIGEYE_GUARD_OWNER`]],
  ['another image', (t) => t.replace('docker-socket-proxy:0', 'docker-socket-proxy-x:0'), [`${service}.image`]],
  ['an entrypoint', (t) => t.replace(guardLine, `${guardLine}    entrypoint: [sh]\n`), [`${service}.entrypoint`]],
  ['privileged', (t) => t.replace(guardLine, `${guardLine}    privileged: true\n`), [`${service}.privileged`]],
  ['an env_file', (t) => t.replace(guardLine, `${guardLine}    env_file: x.env\n`), [`${service}.env_file`]],
  [
    'extends',
    (t) => t.replace(guardLine, `${guardLine}    extends: {file: x.yml, service: y}\n`),
    [`${service}.extends`],
  ],
  ['a port', (t) => t.replace(guardLine, `${guardLine}    ports: ["2375:2375"]\n`), [`${service}.ports`]],
  ['another user', (t) => t.replace('user: 10001:10001', 'user: 0:0'), [`${service}.user`]],
  ['another policy file', (t) => t.replace('guard_policy.json', 'other.json'), [`${service}.volumes`]],
  ['a variable', (t) => t.replace('POST: "1"', `POST: "\${POST:-1}"`), [`${service}.environment.POST`]],
  [
    'a network that is not internal',
    (t) => t.replace('internal: true', 'internal: false'),
    ['networks.orchestrator-internal'],
  ],
  ['an include', (t) => `include: [other.yml]\n${t}`, ['include']],
  ['an extension field', (t) => `x-more: {a: 1}\n${t}`, ['x-more']],
  [
    'another service beside the guard',
    (t) => t.replace('services:\n', 'services:\n  spy:\n    image: x\n    networks: [orchestrator-internal]\n'),
    ['members of orchestrator-internal'],
  ],
  [
    'another service with the socket',
    (t) => t.replace('services:\n', 'services:\n  spy:\n    image: x\n    volumes: ["/var/run/docker.sock:/s"]\n'),
    ['services that mount the Docker socket'],
  ],
])('%s is found and named', (_, change, differs) => {
  expect(differences(change)).toEqual(differs);
});

test('an anchor that is merged in is found where it takes effect', () => {
  const merged = (text: string) =>
    text
      .replace('services:\n', 'x-a: &a {privileged: true}\nservices:\n')
      .replace(guardLine, `${guardLine}    <<: *a\n`);
  expect(differences(merged)).toEqual([`${service}.privileged`, 'x-a']);
});

test('a second definition of the guard is a broken file', () => {
  const differs = differences((text) => `${text}\nservices: {}\n`);
  expect(differs.join()).toMatch(/docker-compose\.bigeye\.yml: .*unique/);
});

test('a changed policy file and an override file beside it are found', () => {
  const home = recordedHome();
  writeFileSync(home.guardPolicy, '{}');
  writeFileSync(path.join(home.folder, 'docker-compose.override.yml'), 'services: {}\n');
  expect(differencesOf(home)).toEqual(['guard_policy.json', 'the file docker-compose.override.yml']);
});

test('what is written otherwise but means the same is no difference', () => {
  const commented = (text: string) =>
    text.replace(guardLine, `${guardLine}    # a comment\n`).replace('read_only: true', 'read_only:   true');
  expect(differences(commented)).toEqual([]);
});

test('a change of the orchestrator alone is no difference', () => {
  expect(differences((text) => text.replace('mem_limit: 512m', 'mem_limit: 768m'))).toEqual([]);
});

test('a missing record or Compose file is no pass', () => {
  const home = recordedHome();
  rmSync(hostFilesOf(home, hostId).guardRecord);
  expect(differencesOf(home)).toEqual(['guard.json is missing or broken']);
  const other = recordedHome();
  rmSync(other.composeFile);
  expect(differencesOf(other)).toEqual(['docker-compose.bigeye.yml cannot be read']);
});

test('a running guard that enforces something else is refused, once it is known what it should enforce', () => {
  const home = recordedHome();
  assertRunningGuard(home, hostId, 'anything');
  recordGuard(home, hostId, { runningPolicy: 'fingerprint' });
  assertGuardUntouched(home, hostId);
  assertRunningGuard(home, hostId, 'fingerprint');
  for (const other of ['another', undefined])
    expect(() => assertRunningGuard(home, hostId, other)).toThrow(/policy of the guard that is running/);
});
