import { queryOptions } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';

const refreshEveryMs = 5000;

export const hostsQuery = queryOptions({
  queryKey: ['hosts'],
  queryFn: async () => (await api.call('listHosts')).hosts,
  refetchInterval: refreshEveryMs,
});
