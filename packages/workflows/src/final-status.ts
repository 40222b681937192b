import {
  agentExitCodes,
  type ContainerEnd,
  type RecordRunStatusInput,
  type ReportedFailure,
  type RunJobInput,
} from '@bigeye/contracts/workflow';

/** The status that a container's end means. */
export function finalStatus(input: RunJobInput, end: ContainerEnd): RecordRunStatusInput {
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
