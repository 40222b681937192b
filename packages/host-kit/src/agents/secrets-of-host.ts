import type { ConnectorType } from '@bigeye/contracts';
import type { AgentSettings } from '../agent-settings.ts';
import { secretsOf } from '../connectors/properties-file.ts';
import { connectorsOnHost } from '../connectors-on-host.ts';
import type { RegisteredHost } from '../registered-host.ts';
import { connectionsOf, installedAgentsOf } from './installed-agents.ts';

/** Everything of `bigeye_agent.yml` that must not appear in a log, whichever agent wrote it. */
export function secretsOfHost({ agentApiKey }: Pick<RegisteredHost, 'agentApiKey'>, settings: AgentSettings): string[] {
  return [
    agentApiKey,
    ...installedAgentsOf(settings).flatMap(({ agent, section }) => agent.secretsOf(section)),
    ...(Object.keys(connectorsOnHost) as ConnectorType[]).flatMap((connector) =>
      secretsOf(connector, connectionsOf(settings, connector)),
    ),
  ];
}
