import { createInterface } from 'node:readline';
import { AppError, escapedJson, visibleText } from '@bigeye/contracts';
import { stackServices } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { chainChecker, describeAuditLine, readAuditLine } from './audit-line.ts';
import { composeProcess } from './compose-process.ts';

interface LogFlags {
  follow?: boolean;
  tail: string;
  denied?: boolean;
  json?: boolean;
}

const exitNeedsAction = 3;

export const logCommand = new Command('log')
  .description('decisions of the guard, their chain verified')
  .option('-f, --follow', 'go on with new lines')
  .option('--tail <lines>', 'only this many from the end, or "all"', '200')
  .option('--denied', 'only what was not allowed')
  .option('--json', 'print one JSON object a line, with "chain" added')
  .action(async ({ follow = false, tail, denied = false, json = false }: LogFlags, command: Command) => {
    if (!/^(\d+|all)$/.test(tail))
      throw new AppError('USAGE', { reason: `--tail: "${tail}" is neither a number nor "all".` });
    const { home, terminal } = contextOf(command);
    const plain = ['logs', '--no-color', '--no-log-prefix', '--tail', tail];
    const child = composeProcess(home, [...plain, ...(follow ? ['--follow'] : []), stackServices.guard]);
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    child.stderr?.pipe(process.stderr);
    const linkOf = chainChecker();
    let broken = 0;
    for await (const shown of createInterface({ input: child.stdout ?? process.stdin })) {
      // Compose writes the terminal's code for "erase this line" before each line of a log.
      const text = shown.replaceAll('\u001b[2K', '');
      const line = readAuditLine(text);
      if (!line) {
        if (text.trim()) terminal.warn(`no audit line: ${text}`);
        continue;
      }
      const chain = linkOf(text, line);
      if (chain === 'broken') {
        broken += 1;
        terminal.warn(`The chain is broken before line ${line.sequence}: a line was changed, left out or moved.`);
      }
      if (denied && line.verdict === 'allow') continue;
      const told = json ? escapedJson(JSON.stringify({ ...line, chain })) : visibleText(describeAuditLine(line));
      process.stdout.write(`${told}\n`);
    }
    const code = await ended;
    if (code !== 0)
      throw new AppError('COMPOSE_FAILED', { command: 'docker compose logs', reason: `exit code ${code}` });
    if (broken > 0) process.exitCode = exitNeedsAction;
  });
