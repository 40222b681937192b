import { RunId } from '@bigeye/contracts';
import { createLogger } from '@bigeye/service-kit';
import { createFakeHostApi } from '@bigeye/testkit';
import { expect, test } from 'vitest';
import { createHostApi } from './host-api.ts';
import { createTimelineOutbox } from './timeline-outbox.ts';

const runId = RunId.parse('run_00000000000000000001');

function createOutbox() {
  const api = createFakeHostApi();
  api.addRun(runId);
  const never = new AbortController().signal;
  const timeline = createTimelineOutbox({
    hostApi: createHostApi(api.client),
    log: createLogger('test', 'silent'),
    signal: never,
  });
  const told = async () => {
    await timeline.drained(runId, never);
    return api.run(runId).timeline.map(({ kind, detail }) => [kind, detail]);
  };
  return { timeline, told };
}

test('a station that the control plane does not take takes none of those beside it along', async () => {
  const { timeline, told } = createOutbox();
  timeline.add(runId, 'accepted');
  timeline.add(runId, 'exited', { detail: 'in words of a later version' });
  timeline.add(runId, 'finished');
  timeline.add(runId, 'log_complete');
  expect(await told()).toEqual([
    ['accepted', undefined],
    ['exited', undefined],
    ['left_out', 'timeline: the station "finished" was not taken'],
    ['log_complete', undefined],
  ]);
});
