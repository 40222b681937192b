import type { CallInput, HostId, RegistrationKeyInfo } from '@bigeye/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { every } from '../../lib/read.ts';

const refreshEveryMs = 5000;
/** Where somebody looks from the screen to the machine and back. */
const followEveryMs = 2000;

export const hostsQuery = queryOptions({
  queryKey: ['hosts'],
  queryFn: async () => (await api.call('listHosts')).hosts,
  refetchInterval: every(refreshEveryMs),
});

export const followedHostsQuery = queryOptions({ ...hostsQuery, refetchInterval: every(followEveryMs) });

export function useRevokeHost(hostId: HostId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('revokeHost', { params: { hostId } }),
    onSuccess: (revoked) =>
      client.setQueryData(hostsQuery.queryKey, (hosts) => hosts?.map((host) => (host.id === hostId ? revoked : host))),
  });
}

/** Settings of the control plane: they change with a restart of it only. */
export const hostSetupQuery = queryOptions({
  queryKey: ['host-setup'],
  queryFn: () => api.call('getHostSetup'),
  staleTime: 60_000,
});

export const registrationKeysQuery = queryOptions({
  queryKey: ['registration-keys'],
  queryFn: async () => (await api.call('listRegistrationKeys')).registrationKeys,
  refetchInterval: every(followEveryMs),
});

export function useCreateRegistrationKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CallInput<'createRegistrationKey'>['body']) => api.call('createRegistrationKey', { body }),
    // The key is kept by the page that shows it, and by nobody else.
    gcTime: 0,
    onSuccess: ({ info }) =>
      client.setQueryData(registrationKeysQuery.queryKey, (keys) => [
        info,
        ...(keys ?? []).filter((key) => key.hostId !== info.hostId),
      ]),
  });
}

export function useRevokeRegistrationKey({ id: registrationKeyId }: RegistrationKeyInfo) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('deleteRegistrationKey', { params: { registrationKeyId } }),
    onSettled: () => client.invalidateQueries({ queryKey: registrationKeysQuery.queryKey }),
  });
}
