import { Command } from 'commander';
import { listCommand } from './hosts/list.ts';

export const hostsCommand = new Command('hosts')
  .description('the hosts that are registered with the control plane')
  .addCommand(listCommand);
