import { entityTagOf, isAppError, type Job, type JobId, type JobInput } from '@bigeye/contracts';
import { type QueryClient, queryOptions, skipToken, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { listQuery, removeFromLists } from '../../lib/pages.ts';
import { every } from '../../lib/read.ts';

const refreshEveryMs = 5000;

const allJobs = ['jobs'] as const;
const lists = [...allJobs, 'list'] as const;

/** Newest first, 50 a page. `search`: a part of the name. */
export const jobsQuery = (search: string | undefined) =>
  listQuery(
    [...lists, search],
    (page) => api.call('listJobs', { query: { ...(search !== undefined && { search }), ...page } }),
    refreshEveryMs,
  );

export const jobSummaryQuery = queryOptions({
  queryKey: [...allJobs, 'summary'],
  queryFn: () => api.call('summarizeJobs'),
  refetchInterval: every(refreshEveryMs),
});

/** What a choice of a job is made from. */
export const findJobs = (search: string) => ({
  queryKey: [...allJobs, 'found', search],
  queryFn: () => api.call('listJobs', { query: search === '' ? {} : { search } }),
});

/** After a change of a job, or of its last run: what lists and counts jobs is read anew, and this one job. */
export async function invalidateJobs(client: QueryClient, jobId?: JobId): Promise<void> {
  const changed = ['list', 'summary', 'found', ...(jobId ? [jobId] : [])];
  await client.invalidateQueries({
    queryKey: allJobs,
    predicate: ({ queryKey }) => changed.includes(String(queryKey[1])),
  });
}

export const jobQuery = (jobId: JobId | undefined) =>
  queryOptions({
    queryKey: [...allJobs, jobId],
    queryFn: jobId ? () => api.call('getJob', { params: { jobId } }) : skipToken,
    refetchInterval: every(refreshEveryMs),
  });

interface JobToSave {
  input: JobInput;
  /** The job that it changes, and the version over which it was typed. */
  of: { jobId: JobId; version: number } | undefined;
}

/** Creates a job, or changes one. Where another has changed it since, the job is read anew. */
export function useSaveJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ input: body, of }: JobToSave) =>
      of
        ? api.call('updateJob', { params: { jobId: of.jobId }, headers: { 'if-match': entityTagOf(of) }, body })
        : api.call('createJob', { body }),
    onSuccess: (job) => {
      client.setQueryData(jobQuery(job.id).queryKey, job);
      return invalidateJobs(client);
    },
    onError: (error, { of }) =>
      isAppError(error, 'JOB_CHANGED') ? client.invalidateQueries(jobQuery(of?.jobId)) : undefined,
  });
}

export function useDeleteJob(jobId: JobId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('deleteJob', { params: { jobId } }),
    onSuccess: () => {
      removeFromLists<Job>(client, lists, ({ id }) => id === jobId);
      return invalidateJobs(client);
    },
  });
}
