import type { CallInput, JobId, Run, RunId } from '@bigeye/contracts';
import {
  infiniteQueryOptions,
  queryOptions,
  skipToken,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { every } from '../../lib/read.ts';
import { invalidateJobs } from '../jobs/api.ts';
import { newerRun } from './newer-run.ts';
import { olderActiveReadAt, type RunPage, runsIn, withNewest } from './newest-runs.ts';
import { durationSample, medianMs } from './usual-duration.ts';

const newestEveryMs = 3000;
/** Older pages are read again only while something in them is still going on. */
const wholeEveryMs = 30_000;
const countsEveryMs = 10_000;
const allRuns = ['runs'] as const;

export type RunListFilter = Pick<NonNullable<CallInput<'listRuns'>['query']>, 'status' | 'jobId' | 'hostId'>;

async function readRuns(filter: RunListFilter, cursor: string | null): Promise<RunPage> {
  const page = await api.call('listRuns', { query: { ...filter, ...(cursor && { cursor }) } });
  return { ...page, readAt: Date.now() };
}

/** What became of the runs of the last days; the control plane counts every few seconds. */
export const runCountsQuery = (days: number) =>
  queryOptions({
    queryKey: [...allRuns, 'counts', days],
    queryFn: async () => (await api.call('countRuns', { query: { days } })).counts,
    refetchInterval: every(countsEveryMs),
  });

/** Runs, newest first, 50 a page. */
const runsQuery = (filter: RunListFilter) =>
  infiniteQueryOptions({
    queryKey: [...allRuns, 'list', filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => readRuns(filter, pageParam),
    getNextPageParam: (page) => page.nextCursor,
  });

/** The runs of a list as far as it was opened, kept up to date by its newest page alone. */
export function useRuns(filter: RunListFilter) {
  const client = useQueryClient();
  const { queryKey } = runsQuery(filter);
  const list = useInfiniteQuery(runsQuery(filter));
  const first = list.data?.pages[0];
  const newest = useQuery({
    queryKey: [...allRuns, 'newest', filter],
    queryFn: async () => {
      const page = await readRuns(filter, null);
      const known = client.setQueryData(queryKey, (runs) => runs && withNewest(runs, page));
      if (known && olderActiveReadAt(known, page) < Date.now() - wholeEveryMs) void client.refetchQueries({ queryKey });
      return page;
    },
    enabled: first !== undefined,
    // What the list has just read is not read again.
    ...(first && { initialData: first, initialDataUpdatedAt: list.dataUpdatedAt }),
    refetchInterval: every(newestEveryMs),
  });
  const read = {
    ...list,
    error: list.error ?? newest.error,
    failureReason: list.failureReason ?? newest.failureReason,
  };
  return { ...read, runs: list.data && runsIn(list.data) };
}

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
        invalidateJobs(client, run.jobId),
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
