export * from './agent-run.ts';
export * from './lineage.ts';
