import type { Host } from '@bigeye/contracts';
import { createApiClient } from '@bigeye/contracts';
import { type AgentSettings, type HostHome, loadHostIdentity, managedAgentsOf, registeredHost } from '@bigeye/host-kit';
import { createMutualTlsTransport } from '@bigeye/service-kit';

/** True once `register` has begun to write down who this host is. */
export const isRegistered = (settings: AgentSettings): boolean => settings.orchestrator.host_id !== undefined;

/** Tells the control plane which agents and connections this host has, by name. Proves itself with its certificate. */
export async function pushManagedAgents(home: HostHome, settings: AgentSettings): Promise<Host> {
  const { hostId, hostApiUrl } = registeredHost(home, settings);
  using transport = createMutualTlsTransport(loadHostIdentity(home, hostId));
  const client = createApiClient({ baseUrl: hostApiUrl, transport });
  const body = { hostId, managedAgents: managedAgentsOf(settings) };
  return (await client.call('pushManagedAgents', { body })).host;
}
