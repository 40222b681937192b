import { isAppError, productVersion, visibleText } from '@bigeye/contracts';
import { Command, CommanderError } from 'commander';
import { addConnectorCommand } from './commands/add-connector.ts';
import { auditCommand } from './commands/audit.ts';
import { composeCommand } from './commands/compose.ts';
import { guardCommand } from './commands/guard.ts';
import { hostsCommand } from './commands/hosts.ts';
import { installCommand } from './commands/install.ts';
import { keysCommand } from './commands/keys.ts';
import { registerCommand } from './commands/register.ts';
import { serveCommand } from './commands/serve.ts';
import { syncCommand } from './commands/sync.ts';
import { unregisterCommand } from './commands/unregister.ts';

/** Documented short forms of two letters, which Commander does not know. */
const longForms: Record<string, string> = { '-fe': '--from-existing', '-sv': '--skip-validation' };

const exitUnexpected = 1;
const exitUsage = 2;

const program = new Command('bigeye-agent')
  .description('Registers this machine as a host of the agent orchestrator and runs agents on it.')
  .version(productVersion)
  .option('--home <folder>', 'folder of bigeye_agent.yml (BIGEYE_HOME; the current one without it)');
const host = [registerCommand, installCommand, syncCommand, addConnectorCommand];
const security = [guardCommand, keysCommand, auditCommand];
const account = [hostsCommand];
for (const command of [...host, unregisterCommand, composeCommand, ...security, ...account, serveCommand])
  program.addCommand(command);

/** Commander's own faults are wrong usage and look like every other error. */
function sameErrors(command: Command): void {
  command.exitOverride();
  command.configureOutput({
    outputError: (text, write) =>
      write(`${text.replace(/^error: /, 'error USAGE: ')}→ Run "${fullName(command)} --help".\n`),
  });
  command.commands.forEach(sameErrors);
}

const fullName = (command: Command): string =>
  command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();

/** The outermost edge: an error in our words with its remedy, and the exit code that goes with it. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitUsage;
  if (isAppError(error)) {
    process.stderr.write(visibleText(`error ${error.code}: ${error.message}\n→ ${error.remedy}\n`));
    return error.exitCode;
  }
  process.stderr.write(visibleText(`error INTERNAL: ${error instanceof Error ? error.stack : String(error)}\n`));
  return exitUnexpected;
}

// Files are private unless the code that writes one sets another mode.
process.umask(0o077);
sameErrors(program);
try {
  await program.parseAsync(process.argv.map((argument) => longForms[argument] ?? argument));
} catch (error) {
  process.exitCode = report(error);
}
