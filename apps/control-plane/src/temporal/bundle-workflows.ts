import { fileURLToPath } from 'node:url';
import { failureConverterPath } from '@bigeye/service-kit';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Asked only where there is need of it: a control plane in an image brings them bundled, and has no such package. */
const ownWorkflows = () => fileURLToPath(import.meta.resolve('@bigeye/workflows')).replace(/index\.ts$/, 'run-job.ts');

/** The code of all workflows in one script, as Temporal's sandbox runs it; its source map is inside. */
export async function bundleWorkflows(workflowsPath = ownWorkflows()): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: new DefaultLogger('WARN') });
  return code;
}
