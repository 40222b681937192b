import { AppError, type HostSetup } from '@bigeye/contracts';
import { requireRegistrationKey, requireUser } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import { type RegisterByKeyDeps, readRegistration, registerByKey } from './register-by-key.ts';

export interface RegistrationDeps extends RegisterByKeyDeps {
  hostSetup: HostSetup;
}

/** Registration keys: admins make them, a machine uses one up. */
export function createRegistrationHandlers(deps: RegistrationDeps) {
  const { hostStore, registrationKeyStore, hostSetup } = deps;
  return {
    getHostSetup: () => hostSetup,
    createRegistrationKey: async ({ body, caller }) => {
      const host = await hostStore.findHost(body.hostId);
      if (!body.replaces && host && host.state !== 'revoked')
        throw new AppError('HOST_ID_TAKEN', { hostId: body.hostId });
      return await registrationKeyStore.createKey({ ...body, userId: requireUser(caller).id });
    },
    listRegistrationKeys: ({ query }) => registrationKeyStore.listKeys(query),
    deleteRegistrationKey: ({ params }) => registrationKeyStore.deleteKey(params.registrationKeyId),
    getRegistration: ({ caller }) => readRegistration(deps, requireRegistrationKey(caller)),
    registerHostByKey: ({ caller, body, request }) =>
      registerByKey(deps, requireRegistrationKey(caller), body, request.ip),
  } satisfies SomeHandlers;
}
