import { entityTagOf, type Job } from '@bigeye/contracts';
import type { FastifyReply } from 'fastify';
import { nameOfCaller } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import { createJob, type JobDeps, updateJob } from './write-job.ts';

/** Jobs. */
export function createJobHandlers(deps: JobDeps) {
  const { jobStore } = deps;
  return {
    listJobs: ({ query }) => jobStore.listJobs(query),
    summarizeJobs: () => jobStore.summarizeJobs(),
    createJob: async ({ body, caller, reply }) => tagged(reply, await createJob(deps, body, nameOfCaller(caller))),
    getJob: async ({ params, reply }) => tagged(reply, await jobStore.getJob(params.jobId)),
    updateJob: async ({ params, headers, body, caller, reply }) => {
      const edit = { changedBy: nameOfCaller(caller), ifMatch: headers['if-match'] };
      return tagged(reply, await updateJob(deps, params.jobId, body, edit));
    },
    deleteJob: ({ params }) => jobStore.deleteJob(params.jobId),
  } satisfies SomeHandlers;
}

/** With the tag by which a later change can name what was read. */
function tagged(reply: FastifyReply, job: Job): Job {
  reply.header('etag', entityTagOf(job));
  return job;
}
