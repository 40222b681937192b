import type { ApiKeyId, UserId } from '@bigeye/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { every } from '../../lib/read.ts';

const allKeys = ['api-keys'] as const;
/** Whoever waits for a key to be used sees it. */
const refreshEveryMs = 10_000;

/** Whose keys: of agents, of a user, or one's own. */
export type KeysOf = 'agents' | UserId | 'me';

export const apiKeysQuery = (of: KeysOf) =>
  queryOptions({
    queryKey: [...allKeys, of],
    queryFn: async () => {
      if (of === 'agents') return (await api.call('listAgentApiKeys')).apiKeys;
      return (await api.call('listPersonalApiKeys', { query: of === 'me' ? {} : { userId: of } })).apiKeys;
    },
    refetchInterval: every(refreshEveryMs),
  });

/** The answer holds the key's value for the only time; it is kept in no cache. */
export function useCreateApiKey(of: KeysOf) {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (input: { name: string; description: string }) => {
      if (of === 'agents') return api.call('createAgentApiKey', { body: input });
      return api.call('createPersonalApiKey', { body: of === 'me' ? input : { ...input, userId: of } });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: allKeys }),
  });
}

export function useKeepApiKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (apiKeyId: ApiKeyId) => api.call('keepPersonalApiKey', { params: { apiKeyId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: allKeys }),
  });
}

export function useDeleteApiKey(of: KeysOf) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (apiKeyId: ApiKeyId) =>
      api.call(of === 'agents' ? 'deleteAgentApiKey' : 'deletePersonalApiKey', { params: { apiKeyId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: allKeys }),
  });
}
