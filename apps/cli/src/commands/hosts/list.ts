import { drainWordsOf, type Host, HostState, plural } from '@bigeye/contracts';
import { Command, Option } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';
import { limitOf, moreWords, readPages } from '../../host/read-pages.ts';

interface ListFlags extends AdminFlags {
  search?: string;
  state?: HostState;
  limit: string;
}

export const listCommand = withAdminFlags(new Command('list'))
  .description('hosts and their states, by id')
  .option('--search <part>', 'only hosts that have this in the id')
  .addOption(new Option('--state <state>', 'only hosts in this state').choices(HostState.options))
  .option('--limit <hosts>', 'at most this many', '50')
  .option('--json', 'print the hosts as JSON')
  .action(async (flags: ListFlags, command: Command) => {
    const context = contextOf(command);
    const limit = limitOf(flags.limit);
    const filter = {
      ...(flags.search === undefined ? {} : { search: flags.search }),
      ...(flags.state === undefined ? {} : { state: flags.state }),
    };
    const api = await adminClient(context, flags);
    const { items: hosts, isMore } = await readPages(
      (page) => api.call('listHosts', { query: { ...filter, ...page } }),
      limit,
    );
    context.terminal.result([...hosts.map(lineOf), ...moreWords(isMore, limit)], { hosts, isMore });
  });

function lineOf(host: Host): string {
  const { id, state, lastSeenAt, runningRuns, queuedRuns, drain, slots } = host;
  const words = [id, state, lastSeenAt ?? 'never heard of', `${runningRuns} running`, `${queuedRuns} waiting`];
  if (slots) words.push(`${slots.taken} of ${plural(slots.count, 'slot')} taken`);
  if (drain) words.push(`${drainWordsOf(host)} (since ${drain.since} by ${drain.by}: ${drain.note})`);
  return words.join('  ');
}
