import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { stackOf } from '../../host/stack-of.ts';

export const downCommand = new Command('down')
  .description('stop all services of the stack')
  .option('--json', 'print the result as JSON')
  .action(async (_flags: object, command: Command) => {
    const { home, terminal } = contextOf(command);
    await terminal.step('services stopped', () => stackOf(home).down());
    const next = 'bigeye-agent sync';
    terminal.result([`The host is offline now. To start it again: ${next}`], { next });
  });
