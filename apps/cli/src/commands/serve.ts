import {
  assertGuardUntouched,
  assertRunningGuard,
  getGuardPolicy,
  loadAgentFile,
  registeredHost,
} from '@bigeye/host-kit';
import { createLogger, shutdownSignal } from '@bigeye/service-kit';
import { Command } from 'commander';
import { type CommandContext, contextOf } from '../command-context.ts';
import { healthFile } from '../health-file.ts';

/** The worker has given up for good; the supervisor starts a new process. */
const exitRestart = 75;

export const serveCommand = new Command('serve')
  .description('run the orchestrator in the foreground; the stack does this')
  .action(async (_flags: object, command: Command) => serve(contextOf(command)));

async function serve({ config, home }: CommandContext): Promise<void> {
  const { hostId } = registeredHost(home, loadAgentFile(home).settings);
  assertGuardUntouched(home, hostId);
  assertRunningGuard(home, hostId, await getGuardPolicy(config.DOCKER_HOST));
  // Only this command needs the worker; all others start without its native part.
  const { installWorkerRuntime, runOrchestrator } = await import('@bigeye/orchestrator');
  const log = createLogger('bigeye-agent-orchestrator', config.BIGEYE_LOG_LEVEL);
  const ending = new AbortController();
  void shutdownSignal().then((signal) => {
    log.info({ signal }, 'shutting down, running containers go on');
    ending.abort();
  });
  const stopRuns = new AbortController();
  process.once('SIGUSR2', () => {
    log.info({}, 'runs of this host are stopped, as its operator asked');
    stopRuns.abort();
  });
  installWorkerRuntime(log);
  const outcome = await runOrchestrator({
    home,
    log,
    shutdown: ending.signal,
    stopRuns: stopRuns.signal,
    healthFile,
    engine: config.DOCKER_HOST,
  });
  if (outcome === 'failed') log.error({ hostId }, 'worker failed, starting anew');
  // A failed worker never lets go of the process by itself.
  process.exit(outcome === 'failed' ? exitRestart : 0);
}
