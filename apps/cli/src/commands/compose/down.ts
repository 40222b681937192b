import { loadAgentFile, registeredHost, removeRunNetworks } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { stackOf } from '../../host/stack-of.ts';

export const downCommand = new Command('down')
  .description('stop all services of the stack')
  .option('--json', 'print the result as JSON')
  .action(async (_flags: object, command: Command) => {
    const { home, terminal } = contextOf(command);
    const { hostId } = registeredHost(home, loadAgentFile(home).settings);
    await terminal.step('services stopped', () => stackOf(home).down());
    // The networks of runs that go on stay.
    await removeRunNetworks(hostId);
    const next = 'bigeye-agent sync';
    terminal.result([`The host is offline now. To start it again: ${next}`], { next });
  });
