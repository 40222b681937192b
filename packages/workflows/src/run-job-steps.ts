import {
  agentExitCodes,
  type ContainerEnd,
  type HostActivities,
  type RecordRunStatusInput,
  type ReportedFailure,
  type RunJobInput,
} from '@bigeye/contracts/workflow';

/** What the decisions need of the world; `run-job.ts` gives Temporal's, tests give their own. */
export interface RunJobPorts {
  host: HostActivities;
  recordRunStatus(input: RecordRunStatusInput): Promise<void>;
  /** Translates what an activity threw: a cancellation, or a failure in our words. */
  judge(error: unknown, phase: 'starting' | 'following'): 'canceled' | ReportedFailure;
}

/** One execution of a job, from the offer to its host to the recorded end. Decides; activities act. */
export async function runJobSteps(input: RunJobInput, ports: RunJobPorts): Promise<void> {
  const { runId } = input;
  let phase: 'starting' | 'following' = 'starting';
  try {
    const { startedAt } = await ports.host.startContainer(input);
    await ports.recordRunStatus({ runId, status: 'running', startedAt });
    phase = 'following';
    await ports.recordRunStatus(finalStatus(input, await ports.host.followContainer(input)));
  } catch (error) {
    const verdict = ports.judge(error, phase);
    if (verdict === 'canceled') await ports.recordRunStatus({ runId, status: 'canceled', exit: null, failure: null });
    else await ports.recordRunStatus({ runId, status: 'failed', exit: null, failure: verdict });
  }
}

/** The status that a container's end means. */
function finalStatus(input: RunJobInput, end: ContainerEnd): RecordRunStatusInput {
  const { runId, settings } = input;
  const { stopped, ...exit } = end;
  if (stopped === 'canceled') return { runId, status: 'canceled', exit, failure: null };
  if (stopped === 'timed_out') {
    const details = { runTimeoutSeconds: settings.runTimeoutSeconds };
    return { runId, status: 'timed_out', exit, failure: { code: 'RUN_TIMED_OUT', details } };
  }
  if (exit.exitCode === agentExitCodes.succeeded) return { runId, status: 'succeeded', exit, failure: null };
  return { runId, status: 'failed', exit, failure: exitFailure(input, end) };
}

function exitFailure({ settings }: RunJobInput, { exitCode, outOfMemory }: ContainerEnd): ReportedFailure {
  // The engine also flags a container whose child process was killed; alone, the flag would hide the agent's own verdict.
  if (outOfMemory && !agentVerdicts.has(exitCode))
    return { code: 'OUT_OF_MEMORY', details: { memoryMib: settings.limits.memoryMib } };
  return { code: agentVerdicts.get(exitCode) ?? 'AGENT_EXITED', details: { exitCode } };
}

const agentVerdicts = new Map<number, ReportedFailure['code']>([
  [agentExitCodes.usage, 'AGENT_USAGE'],
  [agentExitCodes.credentialsRefused, 'CREDENTIALS_REFUSED'],
  [agentExitCodes.sourceUnreachable, 'SOURCE_UNREACHABLE'],
  [agentExitCodes.sourceFailed, 'SOURCE_FAILED'],
  [agentExitCodes.partial, 'PARTIAL_RESULT'],
  [agentExitCodes.targetRefused, 'TARGET_REFUSED'],
]);
