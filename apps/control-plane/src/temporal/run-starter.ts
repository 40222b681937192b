import { taskQueues } from '@bigeye/contracts';
import type { runJob } from '@bigeye/workflows';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { RunStarter } from '../runs/run-dispatcher.ts';

/** The workflow's id is the run's id, so starting twice is one start. */
export function createRunStarter(client: Client): RunStarter {
  return {
    start: async (input) => {
      try {
        await client.workflow.start<typeof runJob>('runJob', {
          workflowId: input.runId,
          taskQueue: taskQueues.controlPlane,
          args: [input],
          requestEagerStart: true,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
        });
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
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
        const { status } = await client.workflow.getHandle(runId).describe();
        return status.name === 'RUNNING' ? 'open' : 'closed';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'absent';
        throw error;
      }
    },
  };
}
