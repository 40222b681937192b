import type { CallInput, UserId } from '@bigeye/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { listQuery } from '../../lib/pages.ts';
import { sessionKey } from '../access/api.ts';

const allUsers = ['users'] as const;

/** The oldest first, 50 a page. `search`: a part of the name or the address. */
export const usersQuery = (search: string | undefined) =>
  listQuery([...allUsers, 'list', search], (page) =>
    api.call('listUsers', { query: { ...(search !== undefined && { search }), ...page } }),
  );

export const userSummaryQuery = queryOptions({
  queryKey: [...allUsers, 'summary'],
  queryFn: () => api.call('summarizeUsers'),
});

export const userQuery = (userId: UserId) =>
  queryOptions({
    queryKey: [...allUsers, 'one', userId],
    queryFn: () => api.call('getUser', { params: { userId } }),
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
    await client.invalidateQueries({ queryKey: allUsers });
    await client.invalidateQueries({ queryKey: sessionKey });
  };
}
