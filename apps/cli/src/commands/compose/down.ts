import { plural } from '@bigeye/contracts';
import { listRunContainers, loadAgentFile, registeredHost, removeRunNetworks } from '@bigeye/host-kit';
import { Command } from 'commander';
import { contextOf } from '../../command-context.ts';
import { stackOf } from '../../host/stack-of.ts';
import { stopRuns } from '../../host/stop-runs.ts';

export const downCommand = new Command('down')
  .description('stop all services of the stack and the agents that run')
  .option('--leave-runs', 'let the agents that run go on; how they end is told when the stack is back')
  .option('--json', 'print the result as JSON')
  .action(async ({ leaveRuns = false }: { leaveRuns?: boolean }, command: Command) => {
    const { home, terminal } = contextOf(command);
    const { hostId } = registeredHost(home, loadAgentFile(home).settings);
    const { stopped, untold } = leaveRuns
      ? { stopped: 0, untold: 0 }
      : await terminal.step('agents stopped', () => stopRuns(home, hostId));
    await terminal.step('services stopped', () => stackOf(home).down());
    const left = (await listRunContainers(hostId, { onlyRunning: true })).length;
    // The networks of runs that go on stay.
    await removeRunNetworks(hostId);
    const next = 'bigeye-agent sync';
    if (untold > 0)
      terminal.warn(
        `The control plane has not heard how ${plural(untold, 'run')} ended; it does when the host is back.`,
      );
    terminal.result(
      [
        ...(stopped > 0 ? [`${plural(stopped, 'run')} stopped, as canceled.`] : []),
        ...(left > 0 ? [`${plural(left, 'run')} left running: how they end is told when the host is back.`] : []),
        `The host is offline now. To start it again: ${next}`,
      ],
      { runsStopped: stopped, runsUntold: untold, runsLeft: left, next },
    );
  });
