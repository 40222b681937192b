import type { CallInput } from '@bigeye/contracts';
import { useMutation } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { listQuery } from '../../lib/pages.ts';

export type AuditListFilter = Pick<
  NonNullable<CallInput<'listAuditEntries'>['query']>,
  'actor' | 'action' | 'refused' | 'from'
>;

/** Newest first, 50 a page. `from` is found anew for each page, so that "the last hour" stays the last hour. */
export const auditQuery = (filterKey: object, filterNow: () => AuditListFilter) =>
  listQuery(['audit', filterKey], (page) => api.call('listAuditEntries', { query: { ...filterNow(), ...page } }));

/** Recomputes every hash there is, so it is asked for and not done by itself. */
export const useVerifyAuditLog = () => useMutation({ mutationFn: () => api.call('verifyAuditLog') });
