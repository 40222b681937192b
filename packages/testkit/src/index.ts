export * from './fake-container-runner.ts';
export * from './fake-host-api.ts';
export * from './test-postgres.ts';
