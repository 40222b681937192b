import type { ApiKeyId, UserId } from '@bigeye/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { listQuery } from '../../lib/pages.ts';
import { every } from '../../lib/read.ts';

const allKeys = ['api-keys'] as const;
/** Whoever waits for a key to be used sees it. */
const refreshEveryMs = 10_000;

/** Whose keys: of agents, of a user, or one's own. */
export type KeysOf = 'agents' | UserId | 'me';

export const apiKeysQuery = (of: KeysOf) =>
  listQuery(
    [...allKeys, of],
    (page) => {
      if (of === 'agents') return api.call('listAgentApiKeys', { query: page });
      return api.call('listPersonalApiKeys', { query: { ...ownerOf(of), ...page } });
    },
    refreshEveryMs,
  );

/** Of a user, or of oneself. */
export const keySummaryQuery = (of: Exclude<KeysOf, 'agents'>) =>
  queryOptions({
    queryKey: [...allKeys, 'summary', of],
    queryFn: () => api.call('summarizeApiKeys', { query: ownerOf(of) }),
    refetchInterval: every(refreshEveryMs),
  });

const ownerOf = (of: UserId | 'me') => (of === 'me' ? {} : { userId: of });

/** The answer holds the key's value for the only time; it is kept in no cache. */
export function useCreateApiKey(of: KeysOf) {
  const client = useQueryClient();
  return useMutation({
    gcTime: 0,
    mutationFn: (input: { name: string; description: string }) => {
      if (of === 'agents') return api.call('createAgentApiKey', { body: input });
      return api.call('createPersonalApiKey', { body: { ...input, ...ownerOf(of) } });
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
