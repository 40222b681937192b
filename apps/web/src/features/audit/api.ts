import type { CallInput } from '@bigeye/contracts';
import { infiniteQueryOptions, useMutation } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';

export type AuditListFilter = Pick<
  NonNullable<CallInput<'listAuditEntries'>['query']>,
  'actor' | 'action' | 'refused' | 'from'
>;

/** Newest first, 50 a page. `from` is found anew for each page, so that "the last hour" stays the last hour. */
export const auditQuery = (filterKey: object, filterNow: () => AuditListFilter) =>
  infiniteQueryOptions({
    queryKey: ['audit', filterKey],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      api.call('listAuditEntries', { query: { ...filterNow(), ...(pageParam ? { cursor: pageParam } : {}) } }),
    getNextPageParam: (page) => page.nextCursor,
  });

/** Recomputes every hash there is, so it is asked for and not done by itself. */
export const useVerifyAuditLog = () => useMutation({ mutationFn: () => api.call('verifyAuditLog') });
