import { z } from 'zod';
import { AccountPublicKey, AccountPublicKeyInput, PublicKey } from '../access.ts';
import { atLeast, route } from './route.ts';

/** The account's public key, and the control plane's own. */
export const accountKeyRoutes = {
  getAgentPublicKey: route({
    method: 'GET',
    path: '/api/v1/agent/public-key',
    tag: 'Access',
    summary: "The account's public key that the control plane encrypts to",
    access: { kind: 'role', role: 'viewer', agentKey: true },
    response: AccountPublicKey,
    errors: ['PUBLIC_KEY_NOT_FOUND'],
  }),
  putAgentPublicKey: route({
    method: 'PUT',
    path: '/api/v1/agent/public-key',
    tag: 'Access',
    summary: "Register the account's public key; while hosts depend on it, another one must be signed by it",
    access: atLeast('admin'),
    body: AccountPublicKeyInput,
    response: AccountPublicKey,
    errors: ['INVALID_INPUT', 'PUBLIC_KEY_CONFLICT', 'KEY_ROTATION_REFUSED'],
  }),
  deletePreviousPublicKey: route({
    method: 'DELETE',
    path: '/api/v1/agent/public-key/previous',
    tag: 'Access',
    summary: 'Finish a rotation: nothing is sealed for the previous account key any more',
    access: atLeast('admin'),
    query: z.object({ force: z.stringbool().default(false) }),
    response: null,
    errors: ['KEY_ROTATION_UNFINISHED'],
  }),
  getBigeyePublicKey: route({
    method: 'GET',
    path: '/api/v1/agent/public-key/bigeye',
    tag: 'Access',
    summary: "The control plane's public key that hosts encrypt to",
    access: { kind: 'role', role: 'viewer', agentKey: true },
    response: PublicKey,
    errors: [],
  }),
};
