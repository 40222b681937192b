// The child of main.ts: the workflow engine as the control plane sets it up, but for the sealing of payloads.
import { HostId, JobId, JobSettings, type RunId } from '@bigeye/contracts';
import { createLogger, createRunId, failureConverterPath } from '@bigeye/service-kit';
import { until } from '@bigeye/testkit';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { openTemporalTarget } from '../../apps/control-plane/src/temporal/connect.ts';
import { startWorkflowEngine } from '../../apps/control-plane/src/temporal/workflow-engine.ts';

export interface Order {
  runs: number;
  warmUp: number;
  atOnce: number;
}

export interface Answer {
  cpuMs: number;
  wallMs: number;
  rssMib: number;
}

export const benchHost = HostId.parse('bench');

export function ended() {
  const now = new Date().toISOString();
  return { exitCode: 0, outOfMemory: false, startedAt: now, finishedAt: now, stopped: null };
}

if (process.send) process.once('message', async (order: Order) => process.send?.(await carryOut(order)));

async function carryOut({ runs, warmUp, atOnce }: Order): Promise<Answer> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const [address = '', bundle = ''] = process.argv.slice(2);
  const over = new Map<RunId, () => void>();
  const log = createLogger('bench', 'error');
  using target = openTemporalTarget({ TEMPORAL_NAMESPACE: 'default' }, log, { embedded: address });
  const engine = await startWorkflowEngine({
    target,
    bundle,
    activities: {
      recordRunStatus: async ({ runId, status }) => {
        if (status !== 'running') over.get(runId)?.();
      },
      findReportedEnd: async () => null,
    },
    dataConverter: { failureConverterPath },
    log,
  });
  await until(async () => (await engine.readiness()) === true);
  const runOne = async () => {
    const runId = createRunId();
    const { promise, resolve } = Promise.withResolvers<void>();
    over.set(runId, resolve);
    await engine.starter.start({
      protocolVersion: 1,
      runId,
      jobId: JobId.parse('job_00000000000000000001'),
      hostId: benchHost,
      agentType: 'LINEAGE_PLUS',
      parameters: { connectors: ['postgres'] },
      settings: JobSettings.parse({}),
    });
    await promise;
  };
  const runAll = async (count: number) => {
    let left = count;
    const oneAfterTheOther = async () => {
      while (left-- > 0) await runOne();
    };
    await Promise.all(Array.from({ length: atOnce }, oneAfterTheOther));
  };

  await runAll(warmUp);
  const begun = performance.now();
  const before = process.cpuUsage();
  await runAll(runs);
  const { user, system } = process.cpuUsage(before);
  return {
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - begun,
    rssMib: Math.round(process.memoryUsage.rss() / 1024 / 1024),
  };
}
