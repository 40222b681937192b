import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ControlPlaneProcess,
  docker,
  requireBuilt,
  startControlPlaneProcess,
} from './support/control-plane-process.ts';
import { type RealHost, registerRealHost } from './support/real-host.ts';

/** What an operator does to see for himself what the guard of his host refuses. */

let controlPlane: ControlPlaneProcess;
let host: RealHost;

beforeAll(async () => {
  requireBuilt();
  controlPlane = await startControlPlaneProcess();
  host = await registerRealHost(controlPlane, `guard-${process.pid}`);
}, 240_000);
afterAll(async () => {
  await host?.[Symbol.asyncDispose]();
  await controlPlane?.[Symbol.asyncDispose]();
});

test('guard check shows every attack refused by the guard that runs, and leaves nothing behind', () => {
  const { status, stdout } = host.cli('guard', 'check');
  expect(stdout).not.toContain('NOT REFUSED');
  expect(stdout).toMatch(/(\d{2,}) of \1 attacks refused by the running guard/);
  expect(status).toBe(0);
  expect(docker('ps', '-aq', '--filter', 'name=bigeye-run-guard-check')).toBe('');
});

test('guard log shows those refusals in a chain that is whole', () => {
  const { status, stdout } = host.cli('guard', 'log', '--tail', 'all', '--json');
  expect(status).toBe(0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => line.rule)).toContain('create.HostConfig.Privileged');
  expect(new Set(lines.map((line) => line.chain))).toEqual(new Set(['begins', 'linked']));
});

test('guard explain says what decides, from the policy of the guard that runs', () => {
  expect(host.cli('guard', 'explain', 'GET', '/volumes').stdout).toContain('denied by the rule endpoint.unknown');
  const body = join(host.home, 'body.json');
  writeFileSync(body, JSON.stringify({ Image: 'alpine:3' }));
  const args = ['POST', '/containers/create?name=bigeye-run-x', '--body', body, '--json'];
  expect(JSON.parse(host.cli('guard', 'explain', ...args).stdout)).toMatchObject({
    verdict: 'deny',
    rule: 'create.Image',
  });
});
