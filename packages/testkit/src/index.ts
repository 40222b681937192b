export * from './fake-container-runner.ts';
export * from './fake-host-api.ts';
export type { StoredRun } from './fake-run.ts';
