import { AppError } from '@bigeye/contracts';

/**
 * Stands in for `@bigeye/orchestrator` in the operators' executable, which comes without the worker's native part.
 * The image of the orchestrator has the real one.
 */
export function installWorkerRuntime(): void {
  const reason = 'serve runs in the container of the orchestrator, which "bigeye-agent register" starts.';
  throw new AppError('USAGE', { reason });
}

export const runOrchestrator = installWorkerRuntime;
