export { installWorkerRuntime } from './activity-worker.ts';
export { findHealthProblem } from './orchestrator-health.ts';
export { type OrchestratorOptions, runOrchestrator } from './run-orchestrator.ts';
