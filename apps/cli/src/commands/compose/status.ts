import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { stackOf } from '../../host/stack-of.ts';

export const statusCommand = new Command('status')
  .description('state of the services of the stack')
  .option('--json', 'print it as JSON')
  .action(async (_flags: object, command: Command) => {
    const { home, terminal } = contextOf(command);
    const services = await stackOf(home).status();
    const width = Math.max(...services.map(({ service }) => service.length));
    const lines = services.map(({ service, state, status }) => `${service.padEnd(width)}  ${status || state}`);
    terminal.result(lines, { services });
  });
