import { AppError } from '@bigeye/contracts';
import { stackServices } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { stackOf } from '../../host/stack-of.ts';

interface LogsFlags {
  service: string;
  follow?: boolean;
  tail: string;
}

const services: string[] = Object.values(stackServices);

export const logsCommand = new Command('logs')
  .description('log of one service of the stack')
  .requiredOption('-s, --service <name>', services.join(' or '))
  .option('-f, --follow', 'go on with new lines')
  .option('--tail <lines>', 'only this many from the end, or "all"', '200')
  .action(async ({ service, follow = false, tail }: LogsFlags, command: Command) => {
    if (!services.includes(service))
      throw new AppError('USAGE', { reason: `--service: "${service}" is none of ${services.join(', ')}.` });
    if (!/^(\d+|all)$/.test(tail))
      throw new AppError('USAGE', { reason: `--tail: "${tail}" is neither a number nor "all".` });
    process.exitCode = await stackOf(contextOf(command).home).logs({ service, follow, tail });
  });
