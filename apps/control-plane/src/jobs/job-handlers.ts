import { nameOfCaller } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import { createJob, type JobDeps, updateJob } from './write-job.ts';

/** Jobs; what touches their runs too (deleting one) is with the runs. */
export function createJobHandlers(deps: JobDeps) {
  const { jobStore } = deps;
  return {
    listJobs: ({ query }) => jobStore.listJobs(query),
    summarizeJobs: () => jobStore.summarizeJobs(),
    createJob: ({ body, caller }) => createJob(deps, body, nameOfCaller(caller)),
    getJob: ({ params }) => jobStore.getJob(params.jobId),
    updateJob: ({ params, body }) => updateJob(deps, params.jobId, body),
  } satisfies SomeHandlers;
}
