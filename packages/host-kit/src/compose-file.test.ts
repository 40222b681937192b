import { HostId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectNameOf, renderComposeFile } from './compose-file.ts';
import { planGuardPolicy } from './guard-policy-file.ts';
import { hostHomeAt } from './host-home.ts';
import { runSlotsOf } from './run-slots.ts';
import { stackUser } from './stack-user.ts';

const home = hostHomeAt('/srv/bigeye');
const hostId = HostId.parse('etl-01');
const input = {
  home,
  hostId,
  slots: runSlotsOf(home, hostId, 2),
  user: { uid: 1001, gid: 1002 },
  socket: { path: '/var/run/docker.sock', gid: 998 },
  policy: 'p',
  controlPlane: 'abc',
};
const compose = (changed: Partial<typeof input> = {}) => parse(renderComposeFile({ ...input, ...changed }));

test('the guard alone sees the Docker socket, on an isolated network, with the documented flags only', () => {
  const { services, networks } = compose();
  const guard = services['docker-socket-proxy'];
  const on = Object.entries(guard.environment).filter(([, value]) => value === '1');
  expect(on.map(([name]) => name)).toEqual(['CONTAINERS', 'IMAGES', 'INFO', 'VERSION', 'POST']);
  expect(guard.networks).toEqual(['orchestrator-internal']);
  expect(networks['orchestrator-internal'].internal).toBe(true);
  expect(guard).toMatchObject({ user: '10001:10001', group_add: ['998'], read_only: true, cap_drop: ['ALL'] });
  expect(guard.environment.BIGEYE_GUARD_OWNER).toBe('etl-01');
  expect(JSON.stringify(services['bigeye-agent-orchestrator'].volumes)).not.toContain('docker.sock');
});

test('the orchestrator may write in its journal, each slot and its own identity, and nowhere else', () => {
  const { volumes, user } = compose().services['bigeye-agent-orchestrator'];
  const writable = volumes.filter((volume: { read_only?: boolean }) => volume.read_only !== true);
  expect(writable.map((volume: { target: string }) => volume.target)).toEqual([
    '/srv/bigeye/runs/slot-01-in',
    '/srv/bigeye/runs/slot-01-out',
    '/srv/bigeye/runs/slot-02-in',
    '/srv/bigeye/runs/slot-02-out',
    '/srv/bigeye/journal',
    '/srv/bigeye/agent_config/hosts/etl-01',
  ]);
  expect(user).toBe('1001:1002');
});

test('the guard sees the runs folder, and may write nowhere', () => {
  const { volumes } = compose().services['docker-socket-proxy'];
  expect(volumes.map((volume: { target: string }) => volume.target)).toContain('/srv/bigeye/runs');
  for (const volume of volumes) expect(volume.read_only).toBe(true);
});

test('a folder with a dollar sign is not taken for a variable', () => {
  const { environment } = compose({ home: hostHomeAt('/srv/a$HOME') }).services['bigeye-agent-orchestrator'];
  expect(environment.BIGEYE_HOME).toBe('/srv/a$$HOME');
});

test('two host ids never share a Compose project, and every name is one that Compose allows', () => {
  const ids = ['etl-01', 'ETL-01', 'Etl-01', 'x'.repeat(50), 'x'.repeat(51), 'x'.repeat(256), `${'x'.repeat(255)}y`];
  const names = ids.map((id) => projectNameOf(HostId.parse(id)));
  expect(new Set(names).size).toBe(ids.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9_-]{0,62}$/);
  expect(names[0]).toBe('bigeye-etl-01');
});

test('the policy allows the runs folder, the user and the networks of the slots of this host', () => {
  expect(JSON.parse(planGuardPolicy(input).content)).toEqual({
    imageNamespace: 'bigeyedata/',
    subCommands: ['run'],
    allowStats: true,
    runsRoot: '/srv/bigeye/runs',
    user: '1001:1002',
    networks: ['none', 'bigeye-runs-etl-01-01', 'bigeye-runs-etl-01-02'],
  });
});

test('the names of slots fit into what Docker and the guard take, and two hosts share none', () => {
  const ids = ['etl-01', 'ETL-01', 'x'.repeat(46), 'x'.repeat(47), 'x'.repeat(256)];
  const names = ids.flatMap((id) => runSlotsOf(home, HostId.parse(id), 64).map(({ network }) => network));
  expect(new Set(names).size).toBe(ids.length * 64);
  for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9_.-]{0,62}$/);
});

test('the stack never runs as root', () => {
  expect(stackUser({ uid: 0, gid: 0 })).toEqual({ uid: 10001, gid: 10001 });
  expect(stackUser({ uid: 1000, gid: 100 })).toEqual({ uid: 1000, gid: 100 });
  expect(stackUser({ uid: 1000, gid: 0 })).toEqual({ uid: 1000, gid: 10001 });
});
