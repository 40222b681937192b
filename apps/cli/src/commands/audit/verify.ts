import { readFileSync } from 'node:fs';
import { AppError, AuditEntry } from '@bigeye/contracts';
import { createAuditChecker } from '@bigeye/service-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';

interface VerifyFlags extends AdminFlags {
  file?: string;
  lastHash?: string;
}

/** Recomputes on this machine: what the control plane says of its own log is not asked. */
export const verifyCommand = withAdminFlags(new Command('verify'))
  .description('recompute the chain of hashes: nothing was changed, left out or moved')
  .option('--file <path>', 'an export, instead of asking the control plane')
  .option('--last-hash <hash>', 'what an earlier verify printed: nothing up to there was cut off or written anew')
  .option('--json', 'print the result as JSON')
  .action(async ({ file, lastHash, ...flags }: VerifyFlags, command: Command) => {
    const context = contextOf(command);
    const text =
      file === undefined ? await (await adminClient(context, flags)).call('exportAuditLog') : readExport(file);
    const checker = createAuditChecker();
    let isFound = lastHash === undefined;
    for (const entry of entriesOf(text)) {
      checker.add(entry);
      isFound ||= entry.hash === lastHash;
    }
    const result = checker.result();
    if (result.brokenAt !== null) throw new AppError('AUDIT_CHAIN_BROKEN', { sequence: result.brokenAt });
    const { removed } = result;
    if (!isFound && removed?.lastHash !== lastHash)
      throw new AppError('AUDIT_HASH_MISSING', { hash: lastHash ?? '', ...(removed && { removed: removed.entries }) });
    const words = `${result.entries} entries, the chain holds. Last hash: ${result.lastHash}`;
    const before = removed ? [`Entries 1 to ${removed.entries} were removed by their age, last at ${removed.at}.`] : [];
    context.terminal.result([words, ...before], result);
  });

function readExport(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('USAGE', { reason: `--file: ${file} cannot be read.` }, { cause });
  }
}

function* entriesOf(text: string): Generator<AuditEntry> {
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const entry = AuditEntry.safeParse(jsonOrNothing(line));
    if (!entry.success) throw new AppError('USAGE', { reason: `Line ${index + 1} is no entry of an audit log.` });
    yield entry.data;
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
