import type {
  ContainerEnd,
  ControlPlaneActivities,
  HostActivities,
  ReportedFailure,
  RunJobInput,
  StartedOnHost,
} from '@bigeye/contracts/workflow';
import { finalStatus } from './final-status.ts';

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
