import { plural } from '@bigeye/contracts';
import {
  assertComposeV2,
  assertDockerCli,
  assertEngineAccess,
  loadAgentFile,
  managedAgentsOf,
  ownAccountKeys,
  registeredHost,
} from '@bigeye/host-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { type PolicyFlags, withPolicyFlags } from '../host/choose-guard-policy.ts';
import { pushManagedAgents } from '../host/push-managed-agents.ts';
import { planStack, writeStackFiles } from '../host/stack-files.ts';
import { startStack } from '../host/start-stack.ts';

type SyncFlags = PolicyFlags & { restart?: boolean };

export const syncCommand = withPolicyFlags(new Command('sync'))
  .description('apply bigeye_agent.yml: stack files, stack, and the list of agents at the control plane')
  .option('--restart', 'also restart the services of the stack')
  .option('--json', 'print the result as JSON')
  .action(async (flags: SyncFlags, command: Command) => sync(contextOf(command), flags));

async function sync({ home, terminal }: CommandContext, flags: SyncFlags): Promise<void> {
  const { settings } = loadAgentFile(home);
  const { hostId } = registeredHost(home, settings);
  ownAccountKeys(home);
  await assertDockerCli();
  await assertComposeV2();
  const socketPath = await assertEngineAccess();
  const plan = await planStack({ home, terminal }, { hostId, socketPath, flags });
  await terminal.step(
    `docker-compose.bigeye.yml and guard_policy.json, ${plural(plan.slots.length, 'slot')}`,
    async () => writeStackFiles(home, plan),
  );
  await terminal.step('stack healthy', () => startStack(home, hostId, { recreate: flags.restart === true }));
  await terminal.step('managed agents pushed to the control plane', () => pushManagedAgents(home, settings));
  const managedAgents = managedAgentsOf(settings);
  const lines = managedAgents.map(({ type, connections }) => `${type}: ${connections.length} connection(s)`);
  terminal.result(lines.length > 0 ? lines : ['No agent is installed.'], { hostId, managedAgents });
}
