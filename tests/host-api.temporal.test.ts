import type { RunId } from '@bigeye/contracts';
import { describe } from 'vitest';
import { promisesOfHostApi } from './support/host-api-contract.ts';
import { startTestStack, type TestStack } from './support/test-stack.ts';

/** What the fake host API is held to: `packages/testkit/src/fake-host-api.test.ts` asserts the same of it. */

const byControlPlane = new Set(['queued', 'offered', 'cancel_requested', 'finished']);

async function read(stack: TestStack, runId: RunId) {
  const params = { runId };
  const [run, log, { events }] = await Promise.all([
    stack.admin.call('getRun', { params }),
    stack.admin.call('getRunLog', { params, query: {} }),
    stack.admin.call('getRunTimeline', { params }),
  ]);
  const artifacts: Record<string, string> = {};
  for (const { name } of run.artifacts)
    artifacts[name] = await stack.admin.call('downloadArtifact', { params: { runId, name } });
  return {
    lines: log.lines.map(({ number, ...line }) => line),
    timeline: events.filter(({ kind }) => !byControlPlane.has(kind)),
    exitCode: run.exitCode,
    outcome: run.outcome,
    artifacts,
  };
}

describe('the real host API', () => {
  promisesOfHostApi(async () => {
    const stack = await startTestStack();
    const host = await stack.registerHost('etl-01');
    const silent = await stack.registerHost('silent-01');
    const start = async (hostId: typeof host.id, startTimeoutSeconds?: number) => {
      const settings = startTimeoutSeconds === undefined ? {} : { startTimeoutSeconds };
      const job = await stack.createJob({ hostId, settings });
      return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
    };
    return {
      api: host.api,
      startRun: () => start(host.id),
      cancel: async (runId) => {
        await stack.admin.call('cancelRun', { params: { runId } });
        await stack.finished(runId);
      },
      giveUp: async () => {
        const runId = await start(silent.id, 5);
        await stack.finished(runId);
        return { api: silent.api, runId };
      },
      read: (runId) => read(stack, runId),
      [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
    };
  });
});
