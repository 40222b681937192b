import { type ApiClient, drainWordsOf, type Host } from '@bigeye/contracts';
import { pause } from '@bigeye/service-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';
import { hostIdOf } from '../../host/host-argument.ts';

interface DrainFlags extends AdminFlags {
  note: string;
  wait?: boolean;
}

const lookEveryMs = 1_000;

export const drainCommand = withAdminFlags(new Command('drain'))
  .description('let a host start nothing new; what runs there goes on')
  .argument('<host>', 'its id')
  .requiredOption('--note <text>', 'what is being done on the machine, for those whose runs wait')
  .option('--wait', 'return only when nothing runs there any more')
  .option('--json', 'print the host as JSON')
  .action(async (given: string, flags: DrainFlags, command: Command) => {
    const context = contextOf(command);
    const hostId = hostIdOf(given);
    const api = await adminClient(context, flags);
    let host = await api.call('drainHost', { params: { hostId }, body: { note: flags.note } });
    if (flags.wait) host = await context.terminal.step(`nothing runs on ${hostId}`, () => untilDrained(api, host));
    const next =
      host.drain?.state === 'drained'
        ? []
        : [`To wait until nothing runs there, add --wait; "hosts list" says it too.`];
    context.terminal.result([`${hostId}: ${drainWordsOf(host) ?? 'takes runs again'}.`, ...next], { host });
  });

/** Or until somebody resumes it meanwhile. */
async function untilDrained(api: ApiClient, asked: Host): Promise<Host> {
  for (let host = asked; ; host = await api.call('getHost', { params: { hostId: asked.id } })) {
    if (host.drain === null || host.drain.state === 'drained') return host;
    await pause(lookEveryMs);
  }
}
