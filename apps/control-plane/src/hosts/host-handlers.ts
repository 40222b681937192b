import { nameOfCaller } from '../http/caller.ts';
import type { SomeHandlers } from '../http/handlers.ts';
import type { HostListStore } from './host-list-store.ts';
import { type RegisterDeps, registerHost } from './register-host.ts';

/** Hosts, as people and the CLI see them; revoking one ends its runs, and so is with the runs. */
export function createHostHandlers(deps: RegisterDeps & { hostListStore: HostListStore }) {
  const { hostStore, hostListStore, authority } = deps;
  return {
    listHosts: ({ query }) => hostListStore.listHosts(query),
    summarizeHosts: () => hostListStore.summarizeHosts(),
    getHost: ({ params }) => hostStore.getHost(params.hostId),
    getCaCertificate: () => ({ caCertificate: authority.caCertificate }),
    drainHost: async ({ params, body, caller }) => {
      await hostStore.drainHost(params.hostId, { by: nameOfCaller(caller), note: body.note });
      return await hostStore.getHost(params.hostId);
    },
    resumeHost: async ({ params }) => {
      await hostStore.resumeHost(params.hostId);
      return await hostStore.getHost(params.hostId);
    },
    registerHost: ({ body }) => registerHost(deps, body),
  } satisfies SomeHandlers;
}
