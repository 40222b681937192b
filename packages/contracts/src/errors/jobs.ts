import { needsAction } from './error-spec.ts';
import { installAdvice } from './host-advice.ts';

/** Jobs. */
export const jobErrors = {
  JOB_NOT_FOUND: needsAction(
    404,
    (d: { jobId: string }) => `There is no job ${d.jobId}.`,
    () => 'List the jobs with GET /api/v1/agent-orchestrator/jobs.',
  ),
  JOB_HAS_ACTIVE_RUN: needsAction(
    409,
    (d: { jobId: string; runId: string }) => `Job ${d.jobId} has an active run, ${d.runId}.`,
    (d) => `Wait for it to finish, or cancel it first: POST /api/v1/agent-orchestrator/runs/${d.runId}/cancel.`,
  ),
  JOB_CHANGED: needsAction(
    409,
    (d: { jobId: string; version: number; changedBy: string; changedAt: string }) =>
      `${d.changedBy} changed job ${d.jobId} at ${d.changedAt}, after you read it; its version is ${d.version} now.`,
    () => 'Nothing was overwritten. Read the job again, and send your change with its new ETag in If-Match.',
  ),
  JOB_NAME_TAKEN: needsAction(
    409,
    (d: { name: string }) => `Another job is named "${d.name}".`,
    () => 'Choose another name.',
  ),
  HOST_NOT_ELIGIBLE: needsAction(
    409,
    (d: { hostId: string; agentType: string }) => `Host "${d.hostId}" has no ${d.agentType} agent installed.`,
    (d) => installAdvice(d.agentType, d.hostId),
  ),
} as const;
