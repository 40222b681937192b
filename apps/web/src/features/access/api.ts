import { type CallInput, isAtLeast, type RouteName, routes, type SessionId } from '@bigeye/contracts';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { listQuery } from '../../lib/pages.ts';

export const sessionKey = ['session'] as const;

export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: () => api.call('getSession'),
  staleTime: 5 * 60_000,
});

/** Settings of the control plane: they change with a restart of it only. */
export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: () => api.call('getSignInMethods'),
  staleTime: Number.POSITIVE_INFINITY,
});

/** Who is signed in. */
export const useUser = () => useQuery(sessionQuery).data?.user;

/** Whether who is signed in may call this route; what is refused anyway is not offered. */
export function useMay(name: RouteName): boolean {
  const role = useUser()?.role;
  const { access } = routes[name];
  return role !== undefined && access.kind === 'role' && isAtLeast(role, access.role);
}

export type SignInBody = CallInput<'signIn'>['body'];

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SignInBody) => api.call('signIn', { body }),
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

/** With the token of a link; whoever set it is signed in with it at once. */
export function useSetPassword() {
  const signIn = useSignIn();
  return useMutation({
    mutationFn: async (body: CallInput<'setPassword'>['body']) => {
      const { email } = await api.call('setPassword', { body });
      await signIn.mutateAsync({ email, password: body.password });
    },
  });
}

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CallInput<'changePassword'>['body']) => api.call('changePassword', { body }),
    onSuccess: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

export const sessionsQuery = listQuery(['sessions'], (page) => api.call('listSessions', { query: page }));

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (sessionId: SessionId) => api.call('deleteSession', { params: { sessionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}
