import { AppError, images, type ManagedAgent, type RunJobInput } from '@bigeye/contracts';
import type { RegisteredHost } from '../agent-file.ts';
import type { AgentSettings } from '../agent-settings.ts';
import { planLineagePlusRun } from './lineage-plus.ts';
import type { AgentRunPlan } from './run-files.ts';

/** Parameters of the job and settings of this host → what the run's container gets. */
export function planAgentRun(input: RunJobInput, host: RegisteredHost, settings: AgentSettings): AgentRunPlan {
  if (input.agentType === 'LINEAGE_PLUS') return planLineagePlusRun(input, host, settings);
  throw new AppError('AGENT_NOT_INSTALLED', { agentType: input.agentType, hostId: host.hostId });
}

/** The agents of `bigeye_agent.yml` as the control plane records them: names of connections, never their secrets. */
export function managedAgentsOf(settings: AgentSettings): ManagedAgent[] {
  const installed = settings.agents.lineage_plus;
  if (installed === undefined) return [];
  return [
    {
      type: 'LINEAGE_PLUS',
      image: installed?.image ?? images.lineagePlus,
      connections: settings.connectors.postgres.map(({ name }) => ({ connector: 'postgres', name })),
    },
  ];
}
