import { type RecordedFailure, type RecordRunStatusInput, RunId } from '@bigeye/contracts';
import { createLogger } from '@bigeye/service-kit';
import { expect, test } from 'vitest';
import { createControlPlaneActivities } from './control-plane-activities.ts';

const runId = RunId.parse('run_00000000000000000001');

async function recorded(failure: { code: string; details: Record<string, unknown> }) {
  const kept: RecordRunStatusInput<RecordedFailure>[] = [];
  const said: string[] = [];
  const log = createLogger('test', 'error', { write: (line) => void said.push(line) });
  const { recordRunStatus } = createControlPlaneActivities(
    { recordStatus: async (input) => void kept.push(input), findReportedEnd: async () => null },
    log,
  );
  await recordRunStatus({ runId, status: 'failed', exit: null, failure });
  return { kept: kept.map((input) => input.status !== 'running' && input.failure), said: said.join('') };
}

test('a failure with a code of the catalogue is kept with its details', async () => {
  const failure = { code: 'HOST_LOST', details: { hostId: 'etl-01' } };
  expect(await recorded(failure)).toEqual({ kept: [failure], said: '' });
});

test('one with a code that the catalogue does not have is kept as INTERNAL, and the log names it', async () => {
  const { kept, said } = await recorded({ code: 'OF_A_LATER_VERSION', details: {} });
  expect(kept).toEqual([{ code: 'INTERNAL', details: {} }]);
  expect(said).toContain('OF_A_LATER_VERSION');
});
