import { forgetful, startTestPostgres, until } from '@bigeye/testkit';
import { describe, expect, test } from 'vitest';
import { skipReasons } from '../script/lib/skip-reasons.ts';
import { spawnFoundation, testJobsOn } from './support/foundation.ts';
import { hasTemporalServer, type ProductionTemporal, startProductionTemporal } from './support/production-temporal.ts';
import { createTestCa } from './support/test-certificates.ts';
import { startTestStack } from './support/test-stack.ts';

/** The control plane and Temporal's production server, each with a database of one PostgreSQL, over TLS with client certificates. */

const namespace = 'agents.production';
const serverName = 'temporal.test';
const noServer = { meta: { skipReason: hasTemporalServer ? undefined : skipReasons.noTemporalServer } };

describe.skipIf(!hasTemporalServer)('on a production server', noServer, () => {
  let temporal: ProductionTemporal;
  let settings: Record<string, string>;
  const opened = testJobsOn(async () => {
    await using starting = new AsyncDisposableStack();
    const ca = starting.use(createTestCa());
    const postgres = starting.use(await startTestPostgres(forgetful));
    temporal = starting.use(await startProductionTemporal({ postgres, ca, serverName }));
    await createNamespace(temporal);
    const { certificateFile, keyFile } = ca.issue('control-plane');
    settings = {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TLS_CA_PATH: ca.certificateFile,
      TEMPORAL_TLS_SERVER_NAME: serverName,
      TEMPORAL_TLS_CERT_PATH: certificateFile,
      TEMPORAL_TLS_KEY_PATH: keyFile,
    };
    const foundation = starting.use(await spawnFoundation({ ...settings, DATABASE_URL: postgres.url }));
    const started = starting.move();
    return { ...foundation, [Symbol.asyncDispose]: () => started.disposeAsync() };
  });

  test('the workflow of a run is closed in that namespace', async () => {
    const runId = await opened.start('good');
    await opened.on.stack.finished(runId);
    const show = ['workflow', 'show', '--workflow-id', runId, '--namespace', namespace, '--output', 'json'];
    await expect.poll(() => temporal.cli(...show)).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED');
  });

  test.each([
    ['a certificate of another CA', 'TEMPORAL_REFUSED'],
    ['another namespace', 'TEMPORAL_NAMESPACE_UNKNOWN'],
  ])('%s is told as %s', async (_name, code) => {
    using otherCa = createTestCa('another CA');
    const { certificateFile, keyFile } = otherCa.issue('control-plane');
    const wrong: Record<string, string> =
      code === 'TEMPORAL_REFUSED'
        ? { TEMPORAL_TLS_CERT_PATH: certificateFile, TEMPORAL_TLS_KEY_PATH: keyFile }
        : { TEMPORAL_NAMESPACE: 'nobody.knows' };
    await using other = await startTestStack({ ...settings, ...wrong });
    const readiness = async () => await (await fetch(`${other.apiUrl}/readyz`)).json();
    await expect.poll(readiness).toMatchObject({ temporal: false, problems: [{ code }] });
  });
});

/** It answers a moment before it takes namespaces. */
async function createNamespace(temporal: ProductionTemporal): Promise<void> {
  let said = '';
  const create = () =>
    temporal.cli('operator', 'namespace', 'create', '--retention', '1d', '--namespace', namespace).then(
      () => true,
      (error: Error) => {
        said = error.message;
        return false;
      },
    );
  await until(create, { timeoutMs: 60_000, late: () => said });
}
