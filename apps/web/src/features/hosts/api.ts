import type { HostId } from '@bigeye/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { every } from '../../lib/read.ts';

const refreshEveryMs = 5000;

export const hostsQuery = queryOptions({
  queryKey: ['hosts'],
  queryFn: async () => (await api.call('listHosts')).hosts,
  refetchInterval: every(refreshEveryMs),
});

export function useRevokeHost(hostId: HostId) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => api.call('revokeHost', { params: { hostId } }),
    onSuccess: (revoked) =>
      client.setQueryData(hostsQuery.queryKey, (hosts) => hosts?.map((host) => (host.id === hostId ? revoked : host))),
  });
}
