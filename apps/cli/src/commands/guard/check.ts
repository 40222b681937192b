import { AppError } from '@bigeye/contracts';
import { stackServices } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { attacks } from './attacks.ts';
import { runInService } from './compose-process.ts';
import { attackScript, type Outcome } from './send-attacks.ts';

const exitNeedsAction = 3;

export const checkCommand = new Command('check')
  .description('attack the running guard from where the orchestrator is, and show each attack refused')
  .option('--json', 'print it as JSON')
  .action(async (_flags: object, command: Command) => {
    const { home, terminal } = contextOf(command);
    const script = attackScript(stackServices.guard, 2375);
    const control = { kind: 'the version, which is allowed', method: 'GET', path: '/version' };
    const input = JSON.stringify([control, ...attacks]);
    const answer = await runInService(home, stackServices.orchestrator, ['node', '-e', script], input);
    const [allowed, ...outcomes] = JSON.parse(answer) as Outcome[];
    // A guard that refuses everything, or is not there, proves nothing.
    if (allowed?.status !== 200)
      throw new AppError('STACK_UNHEALTHY', { service: stackServices.guard, state: 'it does not answer GET /version' });
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
