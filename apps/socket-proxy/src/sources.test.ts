import { chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import {
  GOOD_CREATE,
  type GuardUnderTest,
  guardUnderTest,
  json,
  OWN_ID,
  OWNER,
  POLICY,
} from '../test-tools/guard-under-test.ts';
import { explain } from './explain.ts';
import { policyFingerprint, readPolicy } from './policy.ts';

/** A runs root that is really there: what lies in it decides, not what it is called. */

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const uid = process.getuid?.() || 10001;
const user = `${uid}:${uid}`;

function makeRunsRoot(): string {
  const runsRoot = join(mkdtempSync(join(tmpdir(), 'sources-')), 'runs');
  folders.push(join(runsRoot, '..'));
  mkdirSync(join(runsRoot, 'slot-01'), { recursive: true });
  if (process.getuid?.() === 0) chownSync(join(runsRoot, 'slot-01'), uid, uid);
  return runsRoot;
}

const bodyWith = (Source: string) =>
  JSON.stringify({
    ...GOOD_CREATE,
    User: user,
    HostConfig: { ...GOOD_CREATE.HostConfig, Mounts: [{ Type: 'bind', Source, Target: '/out' }] },
  });
const asJson = { 'Content-Type': 'application/json' };
const create = (guard: GuardUnderTest, source: string) =>
  guard.request('POST', '/containers/create?name=bigeye-run-x', asJson, bodyWith(source));
const creates = (guard: GuardUnderTest) => guard.forwarded.filter(({ target }) => target.includes('/create'));

test('a folder of the user, or of root, directly below the runs root is mounted', async () => {
  const runsRoot = makeRunsRoot();
  await using guard = await guardUnderTest({ ...POLICY, runsRoot, user });
  expect((await create(guard, `${runsRoot}/slot-01`)).status).toBe(201);
  expect(creates(guard)).toHaveLength(1);
});

test.each([
  ['a link to the root of the host', (path: string) => symlinkSync('/', path), 'must be a folder and no link'],
  ['a link to a neighbour', (path: string) => symlinkSync('slot-01', path), 'must be a folder and no link'],
  ['a link to nothing', (path: string) => symlinkSync('/not/there', path), 'must be a folder and no link'],
  ['a file', (path: string) => writeFileSync(path, ''), 'must be a folder and no link'],
  ['nothing', () => {}, 'must be there'],
])('%s is refused, however good its name is', async (_, make, why) => {
  const runsRoot = makeRunsRoot();
  make(join(runsRoot, 'zz'));
  await using guard = await guardUnderTest({ ...POLICY, runsRoot, user });
  const answer = await create(guard, `${runsRoot}/zz`);
  expect(answer).toMatchObject({ status: 403, rule: 'create.HostConfig.Mounts.Source' });
  expect(answer.body).toContain(why);
  expect(creates(guard)).toHaveLength(0);
});

test.runIf(process.getuid?.() === 0)('a folder of somebody else is refused', async () => {
  const runsRoot = makeRunsRoot();
  chownSync(join(runsRoot, 'slot-01'), 4321, 4321);
  await using guard = await guardUnderTest({ ...POLICY, runsRoot, user });
  expect((await create(guard, `${runsRoot}/slot-01`)).body).toContain("must belong to the run's user");
});

test('what became a link after the create is refused at the start', async () => {
  const runsRoot = makeRunsRoot();
  const slot = join(runsRoot, 'slot-01');
  await using guard = await guardUnderTest({ ...POLICY, runsRoot, user });
  const container = { Id: OWN_ID, Name: '/bigeye-run-own-1', Config: { Labels: { 'com.bigeye.proxy.owner': OWNER } } };
  const Mounts: object[] = [
    { Type: 'bind', Source: slot, Destination: '/out' },
    { Type: 'tmpfs', Destination: '/tmp' },
  ];
  guard.script = ({ target }) => (target.endsWith('/json') ? json(200, { ...container, Mounts }) : undefined);
  const start = () => guard.request('POST', `/containers/${OWN_ID}/start`);
  const starts = () => guard.forwarded.filter(({ target }) => target.endsWith('/start')).length;

  expect((await start()).status).toBe(200);
  renameSync(slot, `${slot}-away`);
  symlinkSync('/', slot);
  expect(await start()).toMatchObject({ status: 403, rule: 'start.Mounts.Source' });
  unlinkSync(slot);
  renameSync(`${slot}-away`, slot);
  expect((await start()).status).toBe(200);
  // A container from before this rule, or made by somebody who got past the guard.
  for (const Source of ['/', '/etc', `${slot}/deeper`, `${runsRoot}/../runs/slot-01`, runsRoot]) {
    Mounts.splice(0, 2, { Type: 'bind', Source, Destination: '/in' });
    expect(await start()).toMatchObject({ status: 403, rule: 'start.Mounts.Source' });
  }
  expect(starts()).toBe(2);
});

test('a start is refused where the daemon does not say what it would mount', async () => {
  await using guard = await guardUnderTest({ ...POLICY, runsRoot: makeRunsRoot(), user });
  let asked = 0;
  const container = { Id: OWN_ID, Name: '/bigeye-run-own-1', Config: { Labels: { 'com.bigeye.proxy.owner': OWNER } } };
  guard.script = ({ target }) => (target.endsWith('/json') && asked++ > 0 ? json(500, {}) : json(200, container));
  expect(await guard.request('POST', `/containers/${OWN_ID}/start`)).toMatchObject({ status: 502, rule: 'daemon' });
  expect(guard.forwarded.every(({ target }) => target.endsWith('/json'))).toBe(true);
});

test('explain looks at the disk too', () => {
  const runsRoot = makeRunsRoot();
  symlinkSync('/', join(runsRoot, 'zz'));
  const policy = readPolicy(Buffer.from(JSON.stringify({ ...POLICY, runsRoot, user })));
  const config = { listen: { path: '/x' }, dockerSocket: '/y', owner: OWNER, auditLog: undefined, policy };
  const ask = (name: string) =>
    explain(
      { ...config, fingerprint: policyFingerprint(policy, OWNER) },
      ...(['POST', '/containers/create?name=bigeye-run-x', Buffer.from(bodyWith(`${runsRoot}/${name}`))] as const),
    );
  expect(ask('zz')).toMatchObject({ verdict: 'deny', rule: 'create.HostConfig.Mounts.Source' });
  expect(ask('slot-01')).toMatchObject({ verdict: 'allow' });
});
