import { expect, test } from 'vitest';
import { changesOf, withTheirs } from './job-fields.ts';
import { draftOf, initialParameters, type JobDraft } from './job-form-state.ts';

const base: JobDraft = {
  ...draftOf(undefined),
  name: 'nightly',
  hostId: 'etl-01',
  agentType: 'LINEAGE_PLUS',
  parameters: { ...initialParameters('LINEAGE_PLUS'), connectors: ['postgres'] },
};
const { settings } = base;
const theirs: JobDraft = {
  ...base,
  name: 'hourly',
  parameters: { ...base.parameters, connectors: ['postgres', 'dbt'] },
  settings: { ...settings, limits: { ...settings.limits, memoryMib: 1024 } },
};

test('what another changed is told by its field, with what was typed there', () => {
  expect(changesOf(base, theirs, { ...base, name: 'weekly', hostId: 'etl-02' })).toEqual([
    { label: 'Name', from: 'nightly', to: 'hourly', mine: 'weekly' },
    { label: 'Connectors', from: 'postgres', to: 'postgres, dbt', mine: undefined },
    { label: 'Memory', from: '512', to: '1024', mine: undefined },
  ]);
  expect(changesOf(base, base, { ...base, name: 'weekly' })).toEqual([]);
});

test('taken over, it stands beside what was typed, and in place of it where both are of one field', () => {
  const mine = {
    ...base,
    name: 'weekly',
    hostId: 'etl-02',
    settings: { ...settings, runTimeoutSeconds: 60, limits: { ...settings.limits, cpus: 2 } },
  };
  expect(withTheirs(base, theirs, mine)).toEqual({
    ...theirs,
    hostId: 'etl-02',
    settings: { ...settings, runTimeoutSeconds: 60, limits: { ...settings.limits, memoryMib: 1024, cpus: 2 } },
  });
});

test('parameters of two agent types are never put together', () => {
  const other: JobDraft = { ...base, agentType: 'DATAHEALTH', parameters: initialParameters('DATAHEALTH') };
  expect(withTheirs(base, other, { ...base, parameters: theirs.parameters }).parameters).toEqual(other.parameters);
  expect(withTheirs(base, theirs, other)).toMatchObject({ agentType: 'DATAHEALTH', name: 'hourly' });
  expect(withTheirs(base, theirs, other).parameters).toEqual(other.parameters);
});
