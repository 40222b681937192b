import { Command } from 'commander';
import { drainCommand } from './hosts/drain.ts';
import { listCommand } from './hosts/list.ts';
import { resumeCommand } from './hosts/resume.ts';

export const hostsCommand = new Command('hosts')
  .description('the hosts that are registered with the control plane')
  .addCommand(listCommand)
  .addCommand(drainCommand)
  .addCommand(resumeCommand);
