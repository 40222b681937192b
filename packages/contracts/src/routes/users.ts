import { z } from 'zod';
import { PasswordLink, User, UserChange, UserCreated, UserInput, UserSummary } from '../access.ts';
import { UserId } from '../ids.ts';
import { storableText } from '../scalars.ts';
import { atLeast, page, pageQuery, route } from './route.ts';

/** Users. */
export const userRoutes = {
  createUser: route({
    method: 'POST',
    path: '/api/v1/users',
    tag: 'Access',
    summary: 'Create a user; the answer holds the link to set a password, shown once',
    access: atLeast('admin'),
    body: UserInput,
    audit: ['email', 'name', 'role'],
    response: UserCreated,
    errors: ['INVALID_INPUT', 'EMAIL_TAKEN'],
  }),
  listUsers: route({
    method: 'GET',
    path: '/api/v1/users',
    tag: 'Access',
    summary: 'List users, the oldest first',
    access: atLeast('admin'),
    query: z.object({
      ...pageQuery,
      search: storableText(256).optional().describe('A part of the name or the e-mail address, in any case.'),
    }),
    response: page(User),
    errors: [],
  }),
  getUser: route({
    method: 'GET',
    path: '/api/v1/users/:userId',
    tag: 'Access',
    summary: 'Read one user',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    response: User,
    errors: ['USER_NOT_FOUND'],
  }),
  summarizeUsers: route({
    method: 'GET',
    path: '/api/v1/user-summary',
    tag: 'Access',
    summary: 'How many users there are, of which kind',
    access: atLeast('admin'),
    response: UserSummary,
    errors: [],
  }),
  updateUser: route({
    method: 'PUT',
    path: '/api/v1/users/:userId',
    tag: 'Access',
    summary: 'Change name or role, disable or enable; disabling ends sessions and refuses keys at once',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    body: UserChange,
    audit: ['name', 'role', 'disabled'],
    response: User,
    errors: ['INVALID_INPUT', 'USER_NOT_FOUND', 'LAST_ADMIN'],
  }),
  deleteUser: route({
    method: 'DELETE',
    path: '/api/v1/users/:userId',
    tag: 'Access',
    summary: 'Delete a user with sessions and personal keys',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    response: null,
    errors: ['USER_NOT_FOUND', 'LAST_ADMIN'],
  }),
  createPasswordLink: route({
    method: 'POST',
    path: '/api/v1/users/:userId/password-link',
    tag: 'Access',
    summary: 'Make a new link to set a password, shown once; an older link of the user ends',
    access: atLeast('admin'),
    params: z.object({ userId: UserId }),
    response: PasswordLink,
    errors: ['USER_NOT_FOUND', 'USER_DISABLED'],
  }),
};
