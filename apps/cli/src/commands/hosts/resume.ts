import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';
import { hostIdOf } from '../../host/host-argument.ts';

export const resumeCommand = withAdminFlags(new Command('resume'))
  .description('let a drained host start runs again')
  .argument('<host>', 'its id')
  .option('--json', 'print the host as JSON')
  .action(async (given: string, flags: AdminFlags, command: Command) => {
    const context = contextOf(command);
    const hostId = hostIdOf(given);
    const api = await adminClient(context, flags);
    const host = await api.call('resumeHost', { params: { hostId } });
    context.terminal.result([`${hostId} takes runs again; those that wait for it go on within 20 s.`], { host });
  });
