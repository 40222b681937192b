import type { AgentParameters, BatchAgentType } from './agent-types.ts';
import type { ErrorCode } from './app-error.ts';
import type { HostId, JobId, RunId } from './ids.ts';
import type { JobSettings } from './jobs.ts';
import type { ContainerEnd, RunExit, RunStatus } from './runs.ts';

// The door of workflows into the contracts: `@bigeye/contracts/workflow`. Temporal evaluates what a workflow imports anew
// for each run, so nothing here or below may be more than types and plain constants.
export { agentExitCodes } from './agent-exit-codes.ts';
export type { ContainerEnd } from './runs.ts';

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

/** What a host has to say of a start. `null`: no container of the run ever started here, and none will. */
export type StartedOnHost = { startedAt: string } | null;

/** Run on the host's own queue. Each may be started again at any time and then adopts what is there. */
export interface HostActivities {
  /** `null` where it was canceled in time. When it fails by a code of ours, nothing was started either. */
  startContainer(input: RunJobInput): Promise<StartedOnHost>;
  /** For a start that ended without the host's word: says what came of it, and keeps it from coming later. */
  settleStart(input: RunJobInput): Promise<StartedOnHost>;
  followContainer(input: RunJobInput): Promise<ContainerEnd>;
  /** Follows it like `followContainer`, but stops it first, as canceled. */
  stopContainer(input: RunJobInput): Promise<ContainerEnd>;
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
  /** Whether Temporal ever handed the start of the run to its host. Asked while it is still to be handed out. */
  wasHandedOut(runId: RunId): Promise<boolean>;
  /** How the host reported that the container ended, if it did, whatever became of its activities. */
  findReportedEnd(runId: RunId): Promise<ContainerEnd | null>;
}
