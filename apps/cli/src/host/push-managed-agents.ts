import type { Host } from '@bigeye/contracts';
import { type AgentSettings, type HostHome, managedAgentsOf, registeredHost } from '@bigeye/host-kit';
import { ownHostClient } from './own-host-client.ts';

/** True once `register` has begun to write down who this host is. */
export const isRegistered = (settings: AgentSettings): boolean => settings.orchestrator.host_id !== undefined;

/** Tells the control plane which agents and connections this host has, by name. Proves itself with its certificate. */
export async function pushManagedAgents(home: HostHome, settings: AgentSettings): Promise<Host> {
  const { hostId } = registeredHost(home, settings);
  using client = ownHostClient(home, settings);
  const body = { hostId, managedAgents: managedAgentsOf(settings) };
  return (await client.call('pushManagedAgents', { body })).host;
}
