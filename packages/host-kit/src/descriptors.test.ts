import { BatchAgentType, batchAgent, connectorTypes, describeError, installableTypes } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { z } from 'zod';
import { agentsOnHost } from './agents-on-host.ts';
import { connectorsOnHost } from './connectors-on-host.ts';

/** A type is said in two packages, of which neither imports the other's half: here they are held together. */

test('a host can run exactly the agent types that have an image', () => {
  expect(Object.keys(agentsOnHost).sort()).toEqual([...installableTypes].sort());
});

test.each(Object.keys(connectorTypes))('the fields of %s are the keys of its connections', (type) => {
  const { fields } = connectorTypes[type as keyof typeof connectorTypes];
  const { shape } = connectorsOnHost[type as keyof typeof connectorsOnHost].connection as unknown as z.ZodObject;
  expect(Object.keys(shape)).toEqual(['name', ...Object.keys(fields)]);
});

test.each(BatchAgentType.options)('what the form offers for %s are parameters of it', (type) => {
  const { suggests = {}, parameters } = batchAgent(type);
  expect(Object.keys(parameters.shape)).toEqual(expect.arrayContaining(Object.keys(suggests)));
});

test('an agent that this version cannot install is not told to be installed', () => {
  const remedyFor = (agentType: string) => describeError('AGENT_NOT_INSTALLED', { agentType, hostId: 'etl-01' }).remedy;
  expect(remedyFor('LINEAGE_PLUS')).toBe('On etl-01, run "bigeye-agent install --agent LINEAGE_PLUS".');
  expect(remedyFor('DATAHEALTH')).toBe(
    'This version brings no DATAHEALTH agent; choose one of LINEAGE_PLUS in the job.',
  );
});

test('nor is a connection to a connector that it does not know told to be added', () => {
  const remedyFor = (connector: string) =>
    describeError('CONNECTION_NOT_FOUND', { connector, connectionName: '', hostId: 'etl-01' }).remedy;
  expect(remedyFor('postgres')).toBe('On etl-01, run "bigeye-agent add-connector -c postgres".');
  expect(remedyFor('oracle')).toBe('This version knows no connector oracle; choose one of postgres in the job.');
});
