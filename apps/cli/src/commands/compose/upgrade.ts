import { assertEngineAccess, loadAgentFile, registeredHost } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { writeStackFiles } from '../../host/stack-files.ts';
import { stackOf } from '../../host/stack-of.ts';
import { startStack } from '../../host/start-stack.ts';

export const upgradeCommand = new Command('upgrade')
  .description('pull the images of this version and recreate the services')
  .option('--json', 'print the result as JSON')
  .action(async (_flags: object, command: Command) => {
    const { home, terminal } = contextOf(command);
    const stack = stackOf(home);
    const { hostId } = registeredHost(home, loadAgentFile(home).settings);
    const socketPath = await assertEngineAccess();
    // Running containers of runs go on; the new orchestrator adopts them.
    await terminal.step('stack files of this version', async () => writeStackFiles(home, hostId, socketPath));
    await terminal.step('images', () => stack.pull());
    await terminal.step('stack healthy', () => startStack(home, hostId));
    const services = await stack.status();
    terminal.result(
      services.map(({ service, status }) => `${service}  ${status}`),
      { services },
    );
  });
