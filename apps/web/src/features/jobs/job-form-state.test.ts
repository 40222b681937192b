import { AppError } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { checkDraft, draftOf, errorsOfServer, errorsWithout, initialParameters } from './job-form-state.ts';

const lineage = {
  ...draftOf(undefined),
  name: 'nightly',
  hostId: 'etl-01',
  agentType: 'LINEAGE_PLUS' as const,
  parameters: { ...initialParameters('LINEAGE_PLUS'), connectors: ['postgres'] },
};

test('a whole form is a body without what was left empty', () => {
  expect(checkDraft(lineage)).toMatchObject({ input: { name: 'nightly', parameters: { connectors: ['postgres'] } } });
});

test('an empty form asks for name, host and agent type in words', () => {
  expect(checkDraft(draftOf(undefined))).toEqual({
    errors: {
      name: 'Give the job a name',
      hostId: 'Choose the host it runs on',
      agentType: 'Choose what runs',
    },
  });
});

test('a faulty item is told at its list', () => {
  const checked = checkDraft({ ...lineage, parameters: { ...lineage.parameters, connectors: ['Not A Connector'] } });
  expect(Object.keys('errors' in checked ? checked.errors : {})).toEqual(['parameters.connectors']);
});

test('a limit out of range is told at its own field', () => {
  const { settings } = lineage;
  const checked = checkDraft({ ...lineage, settings: { ...settings, limits: { ...settings.limits, memoryMib: 1 } } });
  expect(Object.keys('errors' in checked ? checked.errors : {})).toEqual(['settings.limits.memoryMib']);
});

test('a field that is changed is no longer told to be wrong', () => {
  const errors = { name: 'taken', 'parameters.connectors': 'none', 'settings.limits.cpus': 'too many' };
  expect(Object.keys(errorsWithout(errors, ['name', 'settings']))).toEqual(['parameters.connectors']);
});

test('what the server refuses stands at the field it is about', () => {
  const issues = [{ path: 'parameters.connectors.0', message: 'unknown' }];
  expect(errorsOfServer(new AppError('INVALID_INPUT', { issues }))).toEqual({ 'parameters.connectors': 'unknown' });
  expect(errorsOfServer(new AppError('JOB_NAME_TAKEN', { name: 'nightly' })).name).toContain('Choose another name');
});
