import { Command } from 'commander';
import { rotateCommand } from './keys/rotate.ts';
import { showCommand } from './keys/show.ts';

export const keysCommand = new Command('keys')
  .description('keys and certificates of this host and its account')
  .addCommand(showCommand)
  .addCommand(rotateCommand);
