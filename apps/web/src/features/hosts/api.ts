import type { CallInput, HostId, RegistrationKeyInfo } from '@bigeye/contracts';
import { queryOptions, skipToken, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { listQuery } from '../../lib/pages.ts';
import { every } from '../../lib/read.ts';

const refreshEveryMs = 5000;
/** Where somebody looks from the screen to the machine and back. */
const followEveryMs = 2000;

const allHosts = ['hosts'] as const;

export type HostListFilter = Pick<NonNullable<CallInput<'listHosts'>['query']>, 'search' | 'state'>;

/** By id, 50 a page. */
export const hostsQuery = (filter: HostListFilter) =>
  listQuery(
    [...allHosts, 'list', filter],
    (page) => api.call('listHosts', { query: { ...filter, ...page } }),
    refreshEveryMs,
  );

export const hostSummaryQuery = queryOptions({
  queryKey: [...allHosts, 'summary'],
  queryFn: () => api.call('summarizeHosts'),
  refetchInterval: every(refreshEveryMs),
});

/** What a choice of a host is made from. */
export const findHosts = (search: string) => ({
  queryKey: [...allHosts, 'found', search],
  queryFn: () => api.call('listHosts', { query: search === '' ? {} : { search } }),
});

/** null: there is no host of that id. Asked of the list, since a browser complains of each 404. */
export const hostQuery = (hostId: HostId | undefined, refreshMs = refreshEveryMs) =>
  queryOptions({
    queryKey: [...allHosts, 'one', hostId],
    queryFn: hostId ? async () => (await api.call('listHosts', { query: { hostId } })).items[0] ?? null : skipToken,
    refetchInterval: every(refreshMs),
  });

export const followedHostQuery = (hostId: HostId | undefined) => hostQuery(hostId, followEveryMs);

/** A host that has the account's keys, beside this one: one that is online, if any is. */
export const otherHostQuery = (hostId: HostId | undefined) =>
  queryOptions({
    queryKey: [...allHosts, 'other', hostId],
    queryFn: async () => {
      const among = async (query: CallInput<'listHosts'>['query']) =>
        (await api.call('listHosts', { query: { ...query, limit: 2 } })).items.find(({ id }) => id !== hostId);
      return (await among({ state: 'online' })) ?? (await among({ revoked: 'false' })) ?? null;
    },
  });

export function useRevokeHost(hostId: HostId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('revokeHost', { params: { hostId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: allHosts }),
  });
}

export function useDrainHost(hostId: HostId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CallInput<'drainHost'>['body']) => api.call('drainHost', { params: { hostId }, body }),
    onSuccess: () => client.invalidateQueries({ queryKey: allHosts }),
  });
}

export function useResumeHost(hostId: HostId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('resumeHost', { params: { hostId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: allHosts }),
  });
}

/** Settings of the control plane: they change with a restart of it only. */
export const hostSetupQuery = queryOptions({
  queryKey: ['host-setup'],
  queryFn: () => api.call('getHostSetup'),
  staleTime: 60_000,
});

const allKeys = ['registration-keys'] as const;

/** The newest key for this host; null: none was made. */
export const keyOfHostQuery = (hostId: HostId | undefined) =>
  queryOptions({
    queryKey: [...allKeys, 'of', hostId],
    queryFn: hostId
      ? async () => (await api.call('listRegistrationKeys', { query: { hostId } })).items[0] ?? null
      : skipToken,
    refetchInterval: every(followEveryMs),
  });

export const openKeysQuery = listQuery(
  [...allKeys, 'open'],
  (page) => api.call('listRegistrationKeys', { query: { state: 'open', ...page } }),
  followEveryMs,
);

export function useCreateRegistrationKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CallInput<'createRegistrationKey'>['body']) => api.call('createRegistrationKey', { body }),
    // The key is kept by the page that shows it, and by nobody else.
    gcTime: 0,
    onSuccess: ({ info }) => {
      client.setQueryData(keyOfHostQuery(info.hostId).queryKey, info);
      void client.invalidateQueries({ queryKey: openKeysQuery.queryKey });
    },
  });
}

export function useRevokeRegistrationKey({ id: registrationKeyId }: RegistrationKeyInfo) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('deleteRegistrationKey', { params: { registrationKeyId } }),
    onSettled: () => client.invalidateQueries({ queryKey: allKeys }),
  });
}
