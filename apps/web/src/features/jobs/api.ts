import type { Job, JobId, JobInput } from '@bigeye/contracts';
import { queryOptions, skipToken, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { every } from '../../lib/read.ts';

const refreshEveryMs = 5000;

/** Every job; an account has tens of them, at most hundreds. */
export const jobsQuery = queryOptions({
  queryKey: ['jobs'],
  queryFn: async () => {
    const jobs: Job[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await api.call('listJobs', { query: { limit: 200, ...(cursor ? { cursor } : {}) } });
      jobs.push(...page.items);
      cursor = page.nextCursor;
    }
    return jobs;
  },
  refetchInterval: every(refreshEveryMs),
});

export const jobQuery = (jobId: JobId | undefined) =>
  queryOptions({
    queryKey: ['jobs', jobId],
    queryFn: jobId ? () => api.call('getJob', { params: { jobId } }) : skipToken,
    refetchInterval: every(refreshEveryMs),
  });

/** Creates a job, or changes the one named. */
export function useSaveJob(jobId: JobId | undefined) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: JobInput) =>
      jobId ? api.call('updateJob', { params: { jobId }, body }) : api.call('createJob', { body }),
    onSuccess: (job) => {
      client.setQueryData(jobQuery(job.id).queryKey, job);
      return client.invalidateQueries({ queryKey: jobsQuery.queryKey });
    },
  });
}

export function useDeleteJob(jobId: JobId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('deleteJob', { params: { jobId } }),
    onSuccess: () => client.setQueryData(jobsQuery.queryKey, (jobs) => jobs?.filter((job) => job.id !== jobId)),
  });
}
