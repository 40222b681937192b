import { fileURLToPath } from 'node:url';
import { failureConverterPath } from '@bigeye/service-kit';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** The code of all workflows in one script, as Temporal's sandbox runs it; its source map is inside. */
export async function bundleWorkflows(): Promise<string> {
  const workflowsPath = fileURLToPath(import.meta.resolve('@bigeye/workflows')).replace(/index\.ts$/, 'run-job.ts');
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    failureConverterPath,
    // Initialised once instead of for each run. Safe for the SDK, which keeps a workflow's state outside of its modules;
    // ours are not listed, so that nothing they might keep one day is shared by two runs.
    preloadModules: ['@temporalio/workflow'],
    logger: new DefaultLogger('WARN'),
  });
  return code;
}
