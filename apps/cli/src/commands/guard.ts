import { Command } from 'commander';
import { checkCommand } from './guard/check.ts';
import { explainCommand } from './guard/explain.ts';
import { logCommand } from './guard/log.ts';

export const guardCommand = new Command('guard')
  .description('the Docker guard of this host')
  .addCommand(logCommand)
  .addCommand(checkCommand)
  .addCommand(explainCommand);
