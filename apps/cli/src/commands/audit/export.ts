import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { escapedJson } from '@bigeye/contracts';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { type AdminFlags, adminClient, withAdminFlags } from '../../host/admin-client.ts';

export const exportCommand = withAdminFlags(new Command('export'))
  .description('the whole audit log, oldest first, one JSON object a line')
  .option('--output <file>', 'write it to a file instead of standard output')
  .option('--json', 'with --output: print the result as JSON')
  .action(async ({ output, ...flags }: AdminFlags & { output?: string }, command: Command) => {
    const context = contextOf(command);
    const text = await (await adminClient(context, flags)).call('exportAuditLog');
    if (output === undefined) {
      process.stdout.write(escapedJson(text));
      return;
    }
    // `mode` counts for a new file only; one that exists would stay as readable as it is.
    if (statSync(output, { throwIfNoEntry: false })?.isFile()) chmodSync(output, 0o600);
    writeFileSync(output, text, { mode: 0o600 });
    const entries = text.split('\n').length - 1;
    context.terminal.result([`${entries} entries in ${output}.`], { file: output, entries });
  });
