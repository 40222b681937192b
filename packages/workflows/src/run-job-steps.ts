import {
  agentExitCodes,
  type ContainerEnd,
  type ControlPlaneActivities,
  type HostActivities,
  type RecordRunStatusInput,
  type ReportedFailure,
  type RunJobInput,
  type StartedOnHost,
} from '@bigeye/contracts/workflow';

/** What the decisions need of the world; `run-job.ts` gives Temporal's, tests give their own. */
export interface RunJobPorts extends Pick<ControlPlaneActivities, 'recordRunStatus' | 'findReportedEnd'> {
  /** A cancel reaches `startContainer` and `followContainer`; `settleStart` and `stopContainer` go on through it. */
  host: HostActivities;
  isCancelRequested(): boolean;
  /**
   * What an error of the host's activities leaves open. `nothing`: the host itself said it, or never heard of the run.
   * `its end`: it is not known what the host did, or still does.
   */
  leavesOpen(error: unknown): 'nothing' | 'its end';
  /** In our words. */
  failureOf(error: unknown): ReportedFailure;
}

/**
 * One execution of a job, from the offer to its host to the recorded end. Decides; activities act. A run is ended only by
 * what its host says; where nothing can be heard any more, by what it reported before.
 */
export async function runJobSteps(input: RunJobInput, ports: RunJobPorts): Promise<void> {
  const { runId } = input;
  try {
    const started = await startOnHost(input, ports);
    if (!started) return await ports.recordRunStatus({ runId, status: 'canceled', exit: null, failure: null });
    await ports.recordRunStatus({ runId, status: 'running', startedAt: started.startedAt });
    await ports.recordRunStatus(finalStatus(input, await followOnHost(input, ports)));
  } catch (error) {
    const end = await ports.findReportedEnd(runId);
    if (end) await ports.recordRunStatus(finalStatus(input, end));
    else await ports.recordRunStatus({ runId, status: 'failed', exit: null, failure: ports.failureOf(error) });
  }
}

/** `null`: the run was canceled before a container of it was started. */
async function startOnHost(input: RunJobInput, ports: RunJobPorts): Promise<StartedOnHost> {
  if (ports.isCancelRequested()) return null;
  try {
    return await ports.host.startContainer(input);
  } catch (error) {
    const started = ports.leavesOpen(error) === 'nothing' ? null : await ports.host.settleStart(input);
    if (started) return started;
    if (ports.isCancelRequested()) return null;
    throw error;
  }
}

/** Once a container was started, this host is asked how it ended until it says so. */
async function followOnHost(input: RunJobInput, ports: RunJobPorts): Promise<ContainerEnd> {
  if (!ports.isCancelRequested())
    try {
      return await ports.host.followContainer(input);
    } catch (error) {
      // A cancel ends an activity that no host works on just then, although its container goes on.
      if (ports.leavesOpen(error) === 'nothing' || !ports.isCancelRequested()) throw error;
    }
  return await ports.host.stopContainer(input);
}

/** The status that a container's end means. */
function finalStatus(input: RunJobInput, end: ContainerEnd): RecordRunStatusInput {
  const { runId, settings } = input;
  const { stopped, hostRestarted: _, ...exit } = end;
  if (stopped === 'canceled') return { runId, status: 'canceled', exit, failure: null };
  if (stopped === 'timed_out') {
    const details = { runTimeoutSeconds: settings.runTimeoutSeconds };
    return { runId, status: 'timed_out', exit, failure: { code: 'RUN_TIMED_OUT', details } };
  }
  if (exit.exitCode === agentExitCodes.succeeded) return { runId, status: 'succeeded', exit, failure: null };
  return { runId, status: 'failed', exit, failure: exitFailure(input, end) };
}

function exitFailure({ hostId, settings }: RunJobInput, end: ContainerEnd): ReportedFailure {
  const { exitCode, outOfMemory } = end;
  const verdict = agentVerdicts.get(exitCode);
  if (verdict) return { code: verdict, details: { exitCode } };
  // After the agent's own verdict: the engine also flags a container of which only a child process was killed.
  if (outOfMemory) return { code: 'OUT_OF_MEMORY', details: { memoryMib: settings.limits.memoryMib } };
  if (end.hostRestarted) return { code: 'HOST_REBOOTED', details: { hostId, exitCode } };
  const signal = signalsFromOutside.get(exitCode);
  if (signal) return { code: 'AGENT_KILLED', details: { signal, exitCode } };
  return { code: 'AGENT_EXITED', details: { exitCode } };
}

const agentVerdicts = new Map<number, ReportedFailure['code']>([
  [agentExitCodes.usage, 'AGENT_USAGE'],
  [agentExitCodes.credentialsRefused, 'CREDENTIALS_REFUSED'],
  [agentExitCodes.sourceUnreachable, 'SOURCE_UNREACHABLE'],
  [agentExitCodes.sourceFailed, 'SOURCE_FAILED'],
  [agentExitCodes.partial, 'PARTIAL_RESULT'],
  [agentExitCodes.targetRefused, 'TARGET_REFUSED'],
]);

/** Exit codes of a process that a signal ended which others send; a crash of its own has another one. */
const signalsFromOutside = new Map([
  [129, 'SIGHUP'],
  [130, 'SIGINT'],
  [137, 'SIGKILL'],
  [143, 'SIGTERM'],
]);
