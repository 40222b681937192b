import { readFileSync } from 'node:fs';
import { AppError } from '@bigeye/contracts';
import { stackServices } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { stackOf } from '../../host/stack-of.ts';
import { runInService } from './compose-process.ts';

/** What the guard says of a request when it runs with `--explain`. */
interface Explanation {
  verdict: 'allow' | 'deny';
  rule: string;
  message?: string;
  forwarded?: { method: string; path: string; query: string; body?: string };
  policy: string;
}

export const explainCommand = new Command('explain')
  .description('which rule of the guard decides a request; nothing is sent to the engine')
  .argument('<method>', 'as POST')
  .argument('<path>', 'with its query, as /containers/create?name=bigeye-run-x')
  .option('--body <file>', 'the JSON body')
  .option('--json', 'print it as JSON')
  .action(async (method: string, target: string, flags: { body?: string }, command: Command) => {
    const { home, terminal } = contextOf(command);
    const body = flags.body === undefined ? '' : readBody(flags.body);
    const guard = ['node', '/app/main.mjs', '--explain', method.toUpperCase(), target];
    const said: Explanation = JSON.parse(await runInService(home, stackServices.guard, guard, body));
    if (said.policy !== (await stackOf(home).guardPolicy()))
      terminal.warn(
        'guard_policy.json was changed since the guard started: this is what holds after "bigeye-agent sync".',
      );
    terminal.result(inWords(said), said);
  });

function readBody(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch {
    throw new AppError('USAGE', { reason: `--body: "${file}" cannot be read.` });
  }
}

function inWords({ verdict, rule, message, forwarded }: Explanation): string[] {
  if (verdict === 'deny' || !forwarded) return [`denied by the rule ${rule}`, message ?? ''];
  const { method, path, query, body } = forwarded;
  const sent = `${method} ${path}${query && `?${query}`}`;
  return [`allowed by the rule ${rule}`, `The engine gets: ${sent}`, ...(body ? [body] : [])];
}
