import { z } from 'zod';
import { JobId } from '../ids.ts';
import { IfMatch } from '../if-match.ts';
import { Job, JobInput, JobSummary } from '../jobs.ts';
import { storableText } from '../scalars.ts';
import { atLeast, base, page, pageQuery, route } from './route.ts';

/** Jobs. */
export const jobRoutes = {
  listJobs: route({
    method: 'GET',
    path: `${base}/jobs`,
    tag: 'Jobs',
    summary: 'List jobs, newest first',
    access: atLeast('viewer'),
    query: z.object({
      ...pageQuery,
      search: storableText(128).optional().describe('A part of the name, in any case.'),
    }),
    response: page(Job),
    errors: [],
  }),
  summarizeJobs: route({
    method: 'GET',
    path: `${base}/job-summary`,
    tag: 'Jobs',
    summary: 'How many jobs there are, and which failed the last time they ran',
    access: atLeast('viewer'),
    response: JobSummary,
    errors: [],
  }),
  createJob: route({
    method: 'POST',
    path: `${base}/jobs`,
    tag: 'Jobs',
    summary: 'Create a job',
    access: atLeast('member'),
    body: JobInput,
    audit: ['name', 'hostId', 'agentType'],
    response: Job,
    errors: ['INVALID_INPUT', 'HOST_NOT_FOUND', 'HOST_NOT_ELIGIBLE', 'JOB_NAME_TAKEN'],
  }),
  getJob: route({
    method: 'GET',
    path: `${base}/jobs/:jobId`,
    tag: 'Jobs',
    summary: 'Read one job',
    access: atLeast('viewer'),
    params: z.object({ jobId: JobId }),
    response: Job,
    errors: ['JOB_NOT_FOUND'],
  }),
  updateJob: route({
    method: 'PUT',
    path: `${base}/jobs/:jobId`,
    tag: 'Jobs',
    summary: 'Change a job; an active run keeps what it started with',
    access: atLeast('member'),
    params: z.object({ jobId: JobId }),
    headers: z.object({
      'if-match': IfMatch.optional().describe(
        'The ETag of the job as you read it: refused where it was changed since.',
      ),
    }),
    body: JobInput,
    audit: ['name', 'hostId'],
    response: Job,
    errors: ['INVALID_INPUT', 'JOB_NOT_FOUND', 'JOB_CHANGED', 'HOST_NOT_FOUND', 'HOST_NOT_ELIGIBLE', 'JOB_NAME_TAKEN'],
  }),
  deleteJob: route({
    method: 'DELETE',
    path: `${base}/jobs/:jobId`,
    tag: 'Jobs',
    summary: 'Delete a job with its runs; refused while a run is active',
    access: atLeast('member'),
    params: z.object({ jobId: JobId }),
    response: null,
    errors: ['JOB_NOT_FOUND', 'JOB_HAS_ACTIVE_RUN'],
  }),
};
