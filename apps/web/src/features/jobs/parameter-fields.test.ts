import { BatchAgentType, batchAgent } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { parameterFieldsOf, parametersOf } from './parameter-fields.ts';

test.each(BatchAgentType.options)('every parameter of %s has an input', (agentType) => {
  expect(parameterFieldsOf(agentType).map((field) => field.name)).toEqual(
    Object.keys(batchAgent(agentType).parameters.shape),
  );
});

test('lists, names and switches are asked for as such, with the words of the contract', () => {
  const [connectors, connectionName, noSync] = parameterFieldsOf('LINEAGE_PLUS');
  expect(connectors).toMatchObject({ label: 'Connectors', input: { kind: 'list' }, optional: false, initial: [] });
  expect(connectors?.help).toBe('Connector types to collect from, for example postgres.');
  expect(connectionName).toMatchObject({ input: { kind: 'text' }, optional: true });
  expect(noSync).toMatchObject({ input: { kind: 'switch' }, initial: false });
});

test('a closed set starts with its default', () => {
  expect(parameterFieldsOf('DATAHEALTH')[1]).toMatchObject({
    input: { kind: 'choice', choices: ['sync', 'clear', 'preview'] },
    initial: 'sync',
  });
});

test('optional parameters that were left empty are not sent', () => {
  const fields = parameterFieldsOf('LINEAGE_PLUS');
  const values = { connectors: ['postgres'], connectionName: '', noSync: false, skipNotifications: true };
  expect(parametersOf(fields, values)).toEqual({ connectors: ['postgres'], skipNotifications: true });
});
