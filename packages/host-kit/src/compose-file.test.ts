import { HostId } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectNameOf, renderComposeFile } from './compose-file.ts';
import { renderGuardPolicy } from './guard-policy-file.ts';
import { hostHomeAt } from './host-home.ts';
import { stackUser } from './stack-user.ts';

const input = {
  home: hostHomeAt('/srv/bigeye'),
  hostId: HostId.parse('etl-01'),
  user: { uid: 1001, gid: 1002 },
  socket: { path: '/var/run/docker.sock', gid: 998 },
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

test('the orchestrator may write its journal, the runs and its own identity, and nothing else', () => {
  const { volumes, user } = compose().services['bigeye-agent-orchestrator'];
  const writable = volumes.filter((volume: { read_only?: boolean }) => volume.read_only !== true);
  expect(writable.map((volume: { target: string }) => volume.target)).toEqual([
    '/srv/bigeye/runs',
    '/srv/bigeye/journal',
    '/srv/bigeye/agent_config/hosts/etl-01',
  ]);
  expect(user).toBe('1001:1002');
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

test('the policy allows the runs folder of this host and the agents network', () => {
  expect(JSON.parse(renderGuardPolicy(input.home))).toMatchObject({
    runsRoot: '/srv/bigeye/runs',
    networks: ['none', 'bigeye-agents'],
    imageNamespace: 'bigeyedata/',
  });
});

test('the stack never runs as root', () => {
  expect(stackUser({ uid: 0, gid: 0 })).toEqual({ uid: 10001, gid: 10001 });
  expect(stackUser({ uid: 1000, gid: 100 })).toEqual({ uid: 1000, gid: 100 });
  expect(stackUser({ uid: 1000, gid: 0 })).toEqual({ uid: 1000, gid: 10001 });
});
