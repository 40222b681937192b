import { Command } from 'commander';
import { exportCommand } from './audit/export.ts';
import { listCommand } from './audit/list.ts';
import { verifyCommand } from './audit/verify.ts';

export const auditCommand = new Command('audit')
  .description('the audit log of the control plane: who did what, from where, when')
  .addCommand(listCommand)
  .addCommand(verifyCommand)
  .addCommand(exportCommand);
