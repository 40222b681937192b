import { forgetful, startTestPostgres, until } from '@bigeye/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { skipReasons } from '../script/lib/skip-reasons.ts';
import { hasTemporalServer, type ProductionTemporal, startProductionTemporal } from './support/production-temporal.ts';
import { createTestCa, type TestCa } from './support/test-certificates.ts';
import { startTestHost } from './support/test-host.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** The control plane and Temporal's production server, each with a database of one PostgreSQL, over TLS with client certificates. */

const namespace = 'agents.production';
const serverName = 'temporal.test';
const noServer = { meta: { skipReason: hasTemporalServer ? undefined : skipReasons.noTemporalServer } };

describe.skipIf(!hasTemporalServer)('on a production server', noServer, () => {
  const resources = new AsyncDisposableStack();
  let ca: TestCa;
  let temporal: ProductionTemporal;
  let stack: TestStack;
  let host: TestHost;
  let settings: Record<string, string>;

  beforeAll(async () => {
    ca = resources.use(createTestCa());
    const postgres = resources.use(await startTestPostgres(forgetful));
    temporal = resources.use(await startProductionTemporal({ postgres, ca, serverName }));
    const retention = ['--retention', '1d', '--namespace', namespace];
    // It answers a moment before it takes namespaces.
    let said = '';
    const create = () =>
      temporal.cli('operator', 'namespace', 'create', ...retention).then(
        () => true,
        (error: Error) => {
          said = error.message;
          return false;
        },
      );
    await until(create, { timeoutMs: 60_000, late: () => said });
    const { certificateFile, keyFile } = ca.issue('control-plane');
    settings = {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TLS_CA_PATH: ca.certificateFile,
      TEMPORAL_TLS_SERVER_NAME: serverName,
      TEMPORAL_TLS_CERT_PATH: certificateFile,
      TEMPORAL_TLS_KEY_PATH: keyFile,
    };
    stack = resources.use(await startTestStack({ ...settings, DATABASE_URL: postgres.url }));
    host = await stack.registerHost('etl-01');
    const result = { type: 'result', outcome: 'succeeded', exitCode: 0, message: '3 tables', counts: { tables: 3 } };
    resources.use(
      await startTestHost(stack, host, {
        good: (container) => {
          container.print(JSON.stringify(result));
          container.exit(0);
        },
        endless: (container) => {
          container.print('going on');
          container.onTerminate = () => container.exit(143);
        },
      }),
    );
  });
  afterAll(() => resources.disposeAsync());

  async function start(connectionName: string) {
    const parameters = { connectors: ['postgres'], connectionName };
    const job = await stack.createJob({ hostId: host.id, parameters });
    return (await stack.admin.call('startRun', { params: { jobId: job.id } })).id;
  }

  test('a run succeeds, with its log and outcome, and its workflow is closed in that namespace', async () => {
    const runId = await start('good');
    expect(await stack.finished(runId)).toMatchObject({ status: 'succeeded', outcome: { message: '3 tables' } });
    expect(await stack.admin.call('getRunLog', { params: { runId } })).toMatchObject({ complete: true });
    const show = ['workflow', 'show', '--workflow-id', runId, '--namespace', namespace, '--output', 'json'];
    await expect.poll(() => temporal.cli(...show)).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
  });

  test('a cancel stops the agent', async () => {
    const runId = await start('endless');
    await expect.poll(async () => (await stack.admin.call('getRun', { params: { runId } })).logLines).toBe(1);
    await stack.admin.call('cancelRun', { params: { runId } });
    expect(await stack.finished(runId)).toMatchObject({ status: 'canceled', exitCode: 143 });
  });

  test.each([
    ['a certificate of another CA', 'TEMPORAL_REFUSED'],
    ['another namespace', 'TEMPORAL_NAMESPACE_UNKNOWN'],
  ])('%s is told as %s', async (_name, code) => {
    const { certificateFile, keyFile } = resources.use(createTestCa('another CA')).issue('control-plane');
    const wrong: Record<string, string> =
      code === 'TEMPORAL_REFUSED'
        ? { TEMPORAL_TLS_CERT_PATH: certificateFile, TEMPORAL_TLS_KEY_PATH: keyFile }
        : { TEMPORAL_NAMESPACE: 'nobody.knows' };
    await using other = await startTestStack({ ...settings, ...wrong });
    const readiness = async () => await (await fetch(`${other.apiUrl}/readyz`)).json();
    await expect.poll(readiness).toMatchObject({ temporal: false, problems: [{ code }] });
  });
});
