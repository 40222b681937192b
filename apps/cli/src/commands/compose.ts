import { Command } from 'commander';
import { downCommand } from './compose/down.ts';
import { logsCommand } from './compose/logs.ts';
import { statusCommand } from './compose/status.ts';
import { upgradeCommand } from './compose/upgrade.ts';

export const composeCommand = new Command('compose')
  .description('the stack of this host')
  .addCommand(statusCommand)
  .addCommand(logsCommand)
  .addCommand(upgradeCommand)
  .addCommand(downCommand);
