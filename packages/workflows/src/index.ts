export type { runJob } from './run-job.ts';
