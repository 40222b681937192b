import { randomBytes } from 'node:crypto';
import { isAppError, RunId } from '@bigeye/contracts';
import { describe, expect, test } from 'vitest';
import { promisesOfHostApi } from '../../../tests/support/host-api-contract.ts';
import { createFakeHostApi } from './fake-host-api.ts';

const newRun = (api: ReturnType<typeof createFakeHostApi>): RunId => {
  const runId = RunId.parse(`run_${randomBytes(10).toString('hex')}`);
  api.addRun(runId);
  return runId;
};

describe('the fake host API', () => {
  promisesOfHostApi(async () => {
    const fake = createFakeHostApi();
    return {
      api: fake.client,
      startRun: async () => newRun(fake),
      cancel: async (runId) => fake.endRun(runId, { status: 'canceled' }),
      giveUp: async () => {
        const runId = newRun(fake);
        fake.endRun(runId, { status: 'failed', failure: 'HOST_OFFLINE' });
        return { api: fake.client, runId };
      },
      read: async (runId) => {
        const { lines, timeline, exit, outcome, artifacts } = fake.run(runId);
        const texts = [...artifacts].map(([name, content]) => [name, Buffer.from(content).toString()]);
        return {
          lines: [...lines],
          timeline: [...timeline],
          exitCode: exit?.exitCode ?? null,
          outcome,
          artifacts: Object.fromEntries(texts),
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  });

  test('a route that the fake does not have is not there, and one that is away answers nothing', async () => {
    const fake = createFakeHostApi();
    await expect(fake.client.call('getOwnHost')).rejects.toMatchObject({ code: 'ROUTE_NOT_FOUND' });
    fake.away = true;
    const call = fake.client.call('getLogPosition', { params: { runId: newRun(fake) } });
    await expect(call).rejects.toSatisfy((error) => isAppError(error, 'CONTROL_PLANE_UNREACHABLE'));
    expect(fake.unanswered).toBe(1);
  });
});
