export * from './fake-container-runner.ts';
export * from './fake-host-api.ts';
export type { StoredRun } from './fake-run.ts';
export * from './free-ports.ts';
export * from './test-postgres.ts';
export * from './until.ts';
