import { connectorsReadBy, type ManagedAgent } from '@bigeye/contracts';
import type { AgentSettings } from '../agent-settings.ts';
import { connectionsOf, installedAgentsOf } from './installed-agents.ts';

/** The agents of `bigeye_agent.yml` as the control plane records them: names of connections, never their secrets. */
export function managedAgentsOf(settings: AgentSettings): ManagedAgent[] {
  return installedAgentsOf(settings).map(({ type, image }) => ({
    type,
    image,
    connections: connectorsReadBy(type).flatMap((connector) =>
      connectionsOf(settings, connector).map(({ name }) => ({ connector, name })),
    ),
  }));
}
