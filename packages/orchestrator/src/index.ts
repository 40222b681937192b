export { installWorkerRuntime } from './activity-worker.ts';
export { type OrchestratorOptions, runOrchestrator } from './run-orchestrator.ts';
