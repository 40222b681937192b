import { AppError, type AuditEntry } from '@bigeye/contracts';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';
import { limitOf, moreWords, readPages } from '../../host/read-pages.ts';

interface ListFlags extends AdminFlags {
  actor?: string;
  action?: string;
  refused?: boolean;
  since?: string;
  limit: string;
}

export const listCommand = withAdminFlags(new Command('list'))
  .description('entries of the audit log, newest first')
  .option('--actor <part>', 'only of whom has this in the name')
  .option('--action <name>', 'only this, for example createUser')
  .option('--refused', 'only what was refused or failed')
  .option('--since <time>', 'not before: 30m, 24h, 7d, or a time like 2026-01-31T08:00:00Z')
  .option('--limit <entries>', 'at most this many', '50')
  .option('--json', 'print the entries as JSON')
  .action(async (flags: ListFlags, command: Command) => {
    const context = contextOf(command);
    const limit = limitOf(flags.limit);
    const filter = {
      ...(flags.actor === undefined ? {} : { actor: flags.actor }),
      ...(flags.action === undefined ? {} : { action: flags.action }),
      ...(flags.refused ? { refused: 'true' } : {}),
      ...(flags.since === undefined ? {} : { from: timeOf(flags.since) }),
    };
    const api = await adminClient(context, flags);
    const { items: entries, isMore } = await readPages(
      (page) => api.call('listAuditEntries', { query: { ...filter, ...page } }),
      limit,
    );
    context.terminal.result([...entries.map(lineOf), ...moreWords(isMore, limit)], { entries, isMore });
  });

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function timeOf(since: string): string {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(since) ?? [];
  const at = count ? new Date(Date.now() - Number(count) * (unitMs[unit] ?? 0)) : new Date(since);
  if (Number.isNaN(at.getTime()))
    throw new AppError('USAGE', { reason: `--since: "${since}" is neither a time nor like 30m, 24h or 7d.` });
  return at.toISOString();
}

function lineOf(entry: AuditEntry): string {
  const { sequence, at, action, actorName, address, status, errorCode } = entry;
  const details = Object.entries(entry.details).map(([name, value]) => `${name}=${value}`);
  const result = errorCode ? `${status} ${errorCode}` : String(status);
  return [String(sequence).padStart(6), at, actorName, address, action, result, ...details].join('  ');
}
