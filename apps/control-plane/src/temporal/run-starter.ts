import { type RunJobInput, taskQueues } from '@bigeye/contracts';
import type { runJob } from '@bigeye/workflows';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowOptions,
} from '@temporalio/client';
import type { RunStarter } from '../runs/run-dispatcher.ts';

/**
 * Attempts of one workflow task after which it will not get better: about a minute of failing. So it is where a worker of
 * another version cannot replay what was done.
 */
const stuckAttempts = 6;

/** The workflow's id is the run's id, so starting twice is one start. */
export function createRunStarter(client: Client): RunStarter {
  const start = async (input: RunJobInput, options: Partial<WorkflowOptions>): Promise<void> => {
    await client.workflow.start<typeof runJob>('runJob', {
      workflowId: input.runId,
      taskQueue: taskQueues.controlPlane,
      args: [input],
      ...options,
    });
  };
  return {
    start: async (input) => {
      try {
        await start(input, { requestEagerStart: true, workflowIdReusePolicy: 'REJECT_DUPLICATE' });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
    startAnew: (input) => start(input, { workflowIdConflictPolicy: 'TERMINATE_EXISTING' }),
    cancel: async (runId) => {
      try {
        await client.workflow.getHandle(runId).cancel();
      } catch (error) {
        // Not started yet, or over: the sweep asks again as long as the run is active.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    terminate: async (runId) => {
      try {
        await client.workflow.getHandle(runId).terminate('the host was revoked');
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
    wasHandedOut: async (runId) => {
      const { raw } = await client.workflow.getHandle(runId).describe();
      const start = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'startContainer');
      return start !== undefined && (Number(start.attempt) > 1 || start.lastStartedTime != null);
    },
    stateOf: async (runId) => {
      try {
        const { status, raw } = await client.workflow.getHandle(runId).describe();
        if (status.name !== 'RUNNING') return 'closed';
        return (raw.pendingWorkflowTask?.attempt ?? 0) < stuckAttempts ? 'open' : 'stuck';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'absent';
        throw error;
      }
    },
  };
}
