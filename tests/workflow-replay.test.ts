import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failureConverterPath } from '@bigeye/service-kit';
import proto from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { bundleWorkflows } from '../apps/control-plane/src/temporal/bundle-workflows.ts';

/**
 * Runs that are under way when the control plane is upgraded go on by the new code, which must decide as the old one did.
 * The histories of every released version are played through today's workflow.
 */

const folder = join(import.meta.dirname, '../packages/workflows/histories');
const histories = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.binpb'))
  .sort();

let code = '';
beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: 'OFF', forward: {} } },
  });
  code = await bundleWorkflows();
});

const replay = (file: string, bundle = code): Promise<void> => {
  const options = { workflowBundle: { code: bundle }, dataConverter: { failureConverterPath } };
  return Worker.runReplayHistory(
    options,
    proto.temporal.api.history.v1.History.decode(readFileSync(join(folder, file))),
  );
};

test.each(histories)('a run that went as %s goes on', async (file) => {
  await replay(file);
});

test('there are histories, and a workflow that decides otherwise is found by them', async () => {
  expect(histories.length).toBeGreaterThan(10);
  const changed = code.replaceAll('ports.host.followContainer(', 'ports.host.stopContainer(');
  expect(changed).not.toBe(code);
  const [succeeded = ''] = histories.filter((file) => file.endsWith('/succeeded.binpb'));
  await expect(replay(succeeded, changed)).rejects.toThrow(/[Nn]ondeterminism|DeterminismViolation/);
});
