import { expect, test } from 'vitest';
import { parseServiceStates } from './compose-cli.ts';

const guard = { Service: 'docker-socket-proxy', State: 'running', Health: 'healthy', Status: 'Up 2 minutes (healthy)' };
const orchestrator = { ...guard, Service: 'bigeye-agent-orchestrator' };

test.each([
  ['one object a line', `${JSON.stringify(guard)}\n${JSON.stringify(orchestrator)}\n`],
  ['one array', JSON.stringify([guard, orchestrator])],
])('states printed as %s are read', (_, text) => {
  expect(parseServiceStates(text).map(({ service, health }) => [service, health])).toEqual([
    ['docker-socket-proxy', 'healthy'],
    ['bigeye-agent-orchestrator', 'healthy'],
  ]);
});

test('a service that was never created is listed as absent', () => {
  expect(parseServiceStates('').map(({ state }) => state)).toEqual(['absent', 'absent']);
});
