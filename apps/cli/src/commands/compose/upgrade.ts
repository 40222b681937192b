import { assertEngineAccess, loadAgentFile, registeredHost } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type PolicyFlags, withPolicyFlags } from '../../host/choose-guard-policy.ts';
import { planStack, writeStackFiles } from '../../host/stack-files.ts';
import { stackOf } from '../../host/stack-of.ts';
import { startStack } from '../../host/start-stack.ts';

export const upgradeCommand = withPolicyFlags(new Command('upgrade'))
  .description('pull the images of this version and recreate the services')
  .option('--json', 'print the result as JSON')
  .action(async (flags: PolicyFlags, command: Command) => {
    const { home, terminal } = contextOf(command);
    const stack = stackOf(home);
    const { hostId } = registeredHost(home, loadAgentFile(home).settings);
    const socketPath = await assertEngineAccess();
    // Running containers of runs go on; the new orchestrator adopts them.
    const plan = await planStack({ home, terminal }, { hostId, socketPath, flags });
    await terminal.step('stack files of this version', async () => writeStackFiles(home, plan));
    await terminal.step('images', () => stack.pull());
    await terminal.step('stack healthy', () => startStack(home, hostId));
    const services = await stack.status();
    terminal.result(
      services.map(({ service, status }) => `${service}  ${status}`),
      { services },
    );
  });
