import type { SomeHandlers } from '../http/handlers.ts';
import { type RegisterDeps, registerHost } from './register-host.ts';

/** Hosts, as people and the CLI see them; revoking one ends its runs, and so is with the runs. */
export function createHostHandlers(deps: RegisterDeps) {
  const { hostStore, authority } = deps;
  return {
    listHosts: async () => ({ hosts: await hostStore.listHosts() }),
    getHost: ({ params }) => hostStore.getHost(params.hostId),
    getCaCertificate: () => ({ caCertificate: authority.caCertificate }),
    registerHost: ({ body }) => registerHost(deps, body),
  } satisfies SomeHandlers;
}
