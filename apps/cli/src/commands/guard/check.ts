import { readFileSync } from 'node:fs';
import { AppError } from '@bigeye/contracts';
import { type HostHome, stackServices } from '@bigeye/host-kit';
import { Command } from 'commander';
import { z } from 'zod';
import { contextOf } from '../../command-context.ts';
import { attacksOn, controlsOn, type Target } from './attacks.ts';
import { runInService } from './compose-process.ts';
import { attackScript, type Outcome } from './send-attacks.ts';

const exitNeedsAction = 3;

export const checkCommand = new Command('check')
  .description('attack the running guard from where the orchestrator is, and show each attack refused')
  .option('--json', 'print it as JSON')
  .action(async (_flags: object, command: Command) => {
    const { home, terminal } = contextOf(command);
    const script = attackScript(stackServices.guard, 2375);
    const target = targetOf(home);
    const controls = controlsOn(target);
    const input = JSON.stringify([...controls, ...attacksOn(target)]);
    const answer = await runInService(home, stackServices.orchestrator, ['node', '-e', script], input);
    const outcomes = JSON.parse(answer) as Outcome[];
    // A guard that refuses everything, or is not there, proves nothing.
    const refused = outcomes.splice(0, controls.length).find(({ status, rule }) => status === 0 || rule !== undefined);
    if (refused) throw new AppError('STACK_UNHEALTHY', { service: stackServices.guard, state: whyNothing(refused) });
    const results = outcomes.map(({ status, rule, kind }) => ({ kind, status, rule, refused: rule !== undefined }));
    const passed = results.filter(({ refused }) => !refused);
    const width = Math.max(...results.map(({ kind }) => kind.length));
    const lines = results.map(({ kind, refused, rule, status }) =>
      refused
        ? `✓ ${kind.padEnd(width)}  refused: ${rule}`
        : `✗ ${kind.padEnd(width)}  NOT REFUSED (${status || 'no answer'})`,
    );
    const summary = `${results.length - passed.length} of ${results.length} attacks refused by the running guard.`;
    terminal.result([...lines, summary], { refused: results.length - passed.length, attacks: results });
    if (passed.length > 0) process.exitCode = exitNeedsAction;
  });

const Policy = z.object({ user: z.string(), runsRoot: z.string() });

function targetOf({ guardPolicy: file }: HostHome): Target {
  try {
    return Policy.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new AppError('HOST_CONFIG_INVALID', { file, problems: ['it is not what "sync" writes'] }, { cause });
  }
}

const whyNothing = ({ kind, rule }: Outcome) => `it does not let through ${kind} (${rule ?? 'no answer'})`;
