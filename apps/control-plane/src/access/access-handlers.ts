import { AppError, type UserId } from '@bigeye/contracts';
import { type Caller, requireUser } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import type { ApiKeyStore } from './api-key-store.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import { openSession } from './open-session.ts';
import { hashPassword } from './password.ts';
import { passwordLinkOf } from './password-link.ts';
import { secretHashOf } from './secret-hash.ts';
import { sessionTokenOf, setSessionCookie } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';
import { changePassword, signInByKey, signInByPassword } from './sign-in.ts';
import type { UserStore } from './user-store.ts';

export interface AccessDeps {
  apiKeyStore: ApiKeyStore;
  userStore: UserStore;
  sessionStore: SessionStore;
  attemptLimits: AttemptLimits;
  publicUrl: string;
}

/** Users, sessions and API keys. */
export function createAccessHandlers(deps: AccessDeps) {
  const { apiKeyStore, userStore, sessionStore, attemptLimits, publicUrl } = deps;
  return {
    signIn: async ({ body, request, reply, note }) => {
      const address = request.ip;
      if ('email' in body) note.claimedName = body.email;
      note.details.by = 'email' in body ? 'password' : 'key';
      const user = await ('email' in body
        ? signInByPassword(deps, { ...body, address })
        : signInByKey(deps, { ...body, address }));
      return { user: await openSession(deps, user, { request, reply, note }) };
    },
    getSession: ({ caller }) => ({ user: requireUser(caller) }),
    signOut: async ({ request, reply }) => {
      const token = sessionTokenOf(request);
      if (token) await sessionStore.endSession(token);
      setSessionCookie(request, reply, '', new Date(0));
    },
    listSessions: ({ caller, request, query }) =>
      sessionStore.listSessions(requireUser(caller).id, sessionTokenOf(request), query),
    deleteSession: ({ caller, params }) => sessionStore.deleteSession(requireUser(caller).id, params.sessionId),

    setPassword: async ({ body, request, note }) => {
      const user = await attemptLimits.bySecret(request.ip, () =>
        userStore.setPasswordByLink(body.token, () => hashPassword(body.password)),
      );
      note.details.userId = user.id;
      note.claimedName = user.email;
      return { email: user.email };
    },
    changePassword: async ({ body, caller, request }) => {
      const token = sessionTokenOf(request);
      const exceptSession = token && secretHashOf(token);
      await changePassword(deps, requireUser(caller), { ...body, address: request.ip, exceptSession });
    },

    createUser: async ({ body }) => {
      const user = await userStore.insertUser(body);
      return { ...user, passwordLink: passwordLinkOf(publicUrl, await userStore.createPasswordLink(user.id)) };
    },
    listUsers: ({ query }) => userStore.listUsers(query),
    getUser: ({ params }) => userStore.getUser(params.userId),
    summarizeUsers: () => userStore.summarizeUsers(),
    updateUser: ({ params, body }) => userStore.updateUser(params.userId, body),
    deleteUser: ({ params }) => userStore.deleteUser(params.userId),
    createPasswordLink: async ({ params }) =>
      passwordLinkOf(publicUrl, await userStore.createPasswordLink(params.userId)),

    createPersonalApiKey: ({ body: { userId, ...input }, caller }) =>
      apiKeyStore.insertApiKey('personal', { ...input, userId: ownOrAnyForAdmin(caller, userId) }),
    listPersonalApiKeys: ({ query, caller }) =>
      apiKeyStore.listPersonalApiKeys({ ...query, userId: ownOrAnyForAdmin(caller, query.userId) }),
    summarizeApiKeys: async ({ query, caller }) => ({
      personal: await apiKeyStore.countPersonalApiKeys(ownOrAnyForAdmin(caller, query.userId)),
      agents: requireUser(caller).role === 'admin' ? await apiKeyStore.countAgentApiKeys() : null,
    }),
    deletePersonalApiKey: ({ params, caller }) => {
      const user = requireUser(caller);
      return apiKeyStore.deleteApiKey('personal', params.apiKeyId, user.role === 'admin' ? undefined : user.id);
    },
    keepPersonalApiKey: ({ params, caller }) => apiKeyStore.keepApiKey(params.apiKeyId, requireUser(caller).id),
    verifyPersonalApiKey: () => undefined,
    createAgentApiKey: ({ body }) => apiKeyStore.insertApiKey('agent', { ...body, userId: null }),
    listAgentApiKeys: ({ query }) => apiKeyStore.listAgentApiKeys(query),
    deleteAgentApiKey: ({ params }) => apiKeyStore.deleteApiKey('agent', params.apiKeyId),
    verifyAgentApiKey: () => undefined,
  } satisfies SomeHandlers;
}

/** Throws FORBIDDEN for another user's, unless an admin asks. */
function ownOrAnyForAdmin(caller: Caller | undefined, userId: UserId | undefined): UserId {
  const user = requireUser(caller);
  if (userId === undefined || userId === user.id) return user.id;
  if (user.role !== 'admin') throw new AppError('FORBIDDEN', { role: user.role, needed: 'admin' });
  return userId;
}
