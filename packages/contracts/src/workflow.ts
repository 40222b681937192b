import type { AgentParameters, BatchAgentType } from './agent-types.ts';
import type { ErrorCode } from './app-error.ts';
import type { HostId, JobId, RunId } from './ids.ts';
import type { JobSettings } from './jobs.ts';
import type { RunExit, RunStatus } from './runs.ts';

// The door of workflows into the contracts: `@bigeye/contracts/workflow`. Temporal evaluates what a workflow imports anew
// for each run, so nothing here or below may be more than types and plain constants.
export { agentExitCodes } from './agent-exit-codes.ts';

/** The only place where a queue is spelled. */
export const taskQueues = {
  controlPlane: 'control-plane',
  forHost: (hostId: HostId): string => `host-${hostId}`,
} as const;

/** Everything a run needs, small enough for Temporal's history. No secret has a field here. */
export interface RunJobInput {
  protocolVersion: 1;
  runId: RunId;
  jobId: JobId;
  hostId: HostId;
  agentType: BatchAgentType;
  parameters: AgentParameters;
  settings: JobSettings;
  /** It ran already when this was asked for, so a host that has nothing of it any more must not run it again. */
  wasStarted?: true;
}

/** How the container of a run ended. `stopped` says why the orchestrator itself stopped it, if it did. */
export interface ContainerEnd extends RunExit {
  stopped: 'canceled' | 'timed_out' | null;
}

/** Run on the host's own queue. Both may be started again at any time and then adopt what is there. */
export interface HostActivities {
  startContainer(input: RunJobInput): Promise<{ startedAt: string }>;
  followContainer(input: RunJobInput): Promise<ContainerEnd>;
}

/** As a workflow tells it. It does not carry the catalogue, so whether the code is of it is looked at on arrival. */
export interface ReportedFailure {
  code: string;
  details: Record<string, unknown>;
}

/** As it is kept. */
export interface RecordedFailure extends ReportedFailure {
  code: ErrorCode;
}

export type RecordRunStatusInput<Failure extends ReportedFailure = ReportedFailure> =
  | { runId: RunId; status: 'running'; startedAt: string }
  | {
      runId: RunId;
      status: Exclude<RunStatus, 'queued' | 'running'>;
      exit: RunExit | null;
      failure: Failure | null;
    };

export interface ControlPlaneActivities {
  recordRunStatus(input: RecordRunStatusInput): Promise<void>;
}
