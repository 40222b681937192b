import { type ApiClient, createApiClient } from '@bigeye/contracts';
import { type AgentSettings, type HostHome, loadHostIdentity, registeredHost } from '@bigeye/host-kit';
import { createMutualTlsTransport } from '@bigeye/service-kit';

/** A client of the host API, by this host's own certificate: its answers come from the control plane that is pinned. */
export function ownHostClient(home: HostHome, settings: AgentSettings): ApiClient & Disposable {
  const { hostId, hostApiUrl } = registeredHost(home, settings);
  const transport = createMutualTlsTransport(loadHostIdentity(home, hostId));
  const client = createApiClient({ baseUrl: hostApiUrl, transport });
  return { ...client, [Symbol.dispose]: () => transport[Symbol.dispose]() };
}
