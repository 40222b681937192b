import type { CallInput, JobId, Run, RunId } from '@bigeye/contracts';
import { infiniteQueryOptions, queryOptions, skipToken, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { jobQuery, jobsQuery } from '../jobs/api.ts';
import { newerRun } from './newer-run.ts';
import { durationSample, medianMs } from './usual-duration.ts';

const listRefreshEveryMs = 3000;
const allRuns = ['runs'] as const;

export type RunListFilter = Pick<NonNullable<CallInput<'listRuns'>['query']>, 'status' | 'jobId' | 'hostId'>;

/** Runs, newest first, 50 a page. */
export const runsQuery = (filter: RunListFilter) =>
  infiniteQueryOptions({
    queryKey: [...allRuns, 'list', filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      api.call('listRuns', { query: { ...filter, ...(pageParam ? { cursor: pageParam } : {}) } }),
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: listRefreshEveryMs,
  });

export const runQuery = (runId: RunId | undefined) =>
  queryOptions({
    queryKey: [...allRuns, runId],
    queryFn: runId ? () => api.call('getRun', { params: { runId } }) : skipToken,
    structuralSharing: (known, told) => newerRun(known as Run | undefined, told as Run),
  });

export const timelineQuery = (runId: RunId) =>
  queryOptions({
    queryKey: [...allRuns, runId, 'timeline'],
    queryFn: async () => (await api.call('getRunTimeline', { params: { runId } })).events,
  });

/** How long runs of this job usually take, in milliseconds: the median of those that succeeded lately. */
export const usualDurationQuery = (jobId: JobId | undefined) =>
  queryOptions({
    queryKey: [...allRuns, 'usual-duration', jobId],
    queryFn: jobId
      ? async () => {
          const { items } = await api.call('listRuns', {
            query: { jobId, status: 'succeeded', limit: durationSample },
          });
          return medianMs(items) ?? null;
        }
      : skipToken,
    staleTime: 60_000,
  });

export function useStartRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (jobId: JobId) => api.call('startRun', { params: { jobId } }),
    onSuccess: async (run) => {
      client.setQueryData(runQuery(run.id).queryKey, run);
      await Promise.all([
        client.invalidateQueries({ queryKey: [...allRuns, 'list'] }),
        client.invalidateQueries({ queryKey: jobQuery(run.jobId).queryKey }),
        client.invalidateQueries({ queryKey: jobsQuery.queryKey, exact: true }),
      ]);
    },
  });
}

export function useCancelRun(runId: RunId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('cancelRun', { params: { runId } }),
    onSuccess: (run) => client.setQueryData(runQuery(runId).queryKey, run),
    onError: () => client.invalidateQueries({ queryKey: runQuery(runId).queryKey }),
  });
}
