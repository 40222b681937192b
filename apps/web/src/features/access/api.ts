import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';

export const sessionKey = ['session'] as const;

export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: () => api.call('getSession'),
  staleTime: 5 * 60_000,
});

/** Who is signed in. */
export const useUser = () => useQuery(sessionQuery).data?.user;

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (apiKey: string) => api.call('signIn', { body: { apiKey } }),
    onSuccess: (session) => {
      client.clear();
      client.setQueryData(sessionKey, session);
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => api.call('signOut'), onSuccess: () => client.clear() });
}
