import { describe, expect, test } from 'vitest';
import { startComposedControlPlane } from './support/composed-control-plane.ts';
import { requireBuilt } from './support/control-plane-process.ts';
import { temporalInPlace } from './support/deploy-images.ts';
import { testJobsOn } from './support/foundation.ts';

describe(`deploy/compose.yaml, with ${temporalInPlace} as its Temporal`, () => {
  const opened = testJobsOn(async () => {
    requireBuilt();
    return await startComposedControlPlane();
  });

  test('after "docker compose down" and "up" everything is there, and the host goes on', async () => {
    const { on } = opened;
    const runId = await opened.start('good');
    await on.stack.finished(runId);
    const log = await opened.linesOf(runId);
    on.compose('down');
    on.up();
    expect(await on.stack.admin.call('getRun', { params: { runId } })).toMatchObject({ status: 'succeeded' });
    expect(await opened.linesOf(runId)).toEqual(log);
    expect(await on.stack.finished(await opened.start('good'))).toMatchObject({ status: 'succeeded' });
  });
});
