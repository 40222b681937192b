import type { CallInput, UserId } from '@bigeye/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { sessionKey } from '../access/api.ts';

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async () => (await api.call('listUsers')).users,
});

export type UserInputBody = CallInput<'createUser'>['body'];
export type UserChangeBody = CallInput<'updateUser'>['body'];

/** The answer holds the link for the only time; it is kept in no cache. */
export function useCreateUser() {
  const refresh = useRefresh();
  return useMutation({
    gcTime: 0,
    mutationFn: (body: UserInputBody) => api.call('createUser', { body }),
    onSuccess: refresh,
  });
}

export function useUpdateUser(userId: UserId) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: UserChangeBody) => api.call('updateUser', { params: { userId }, body }),
    onSuccess: refresh,
  });
}

export function useDeleteUser(userId: UserId) {
  const refresh = useRefresh();
  return useMutation({ mutationFn: () => api.call('deleteUser', { params: { userId } }), onSuccess: refresh });
}

export function useCreatePasswordLink(userId: UserId) {
  return useMutation({ gcTime: 0, mutationFn: () => api.call('createPasswordLink', { params: { userId } }) });
}

/** One of them may be who is signed in. */
function useRefresh() {
  const client = useQueryClient();
  return async () => {
    await client.invalidateQueries({ queryKey: usersQuery.queryKey });
    await client.invalidateQueries({ queryKey: sessionKey });
  };
}
