import { AppError, batchAgent, type Job, type JobId, type JobInput } from '@bigeye/contracts';
import type { z } from 'zod';
import type { HostAbilities, HostStore } from '../hosts/host-store.ts';
import type { JobEdit, JobStore } from './job-store.ts';

export interface JobDeps {
  jobStore: JobStore;
  hostStore: HostStore;
}
type JobValues = z.output<typeof JobInput>;

/** Throws HOST_NOT_FOUND, HOST_NOT_ELIGIBLE, INVALID_INPUT, JOB_NAME_TAKEN. */
export async function createJob(deps: JobDeps, input: JobValues, createdBy: string): Promise<Job> {
  const checked = await checkJob(deps, input);
  return await deps.jobStore.getJob(await deps.jobStore.insertJob(checked, createdBy));
}

/** As createJob, and JOB_NOT_FOUND, JOB_CHANGED. */
export async function updateJob(deps: JobDeps, jobId: JobId, input: JobValues, edit: JobEdit): Promise<Job> {
  await deps.jobStore.getJob(jobId);
  await deps.jobStore.updateJob(jobId, await checkJob(deps, input), edit);
  return await deps.jobStore.getJob(jobId);
}

/** Only hosts that have the agent installed can be chosen. Throws HOST_NOT_ELIGIBLE, HOST_REVOKED. */
export function requireEligible(host: HostAbilities, agentType: Job['agentType']): void {
  if (host.isRevoked) throw new AppError('HOST_REVOKED', { hostId: host.id });
  if (!host.managedAgents.some((agent) => agent.type === agentType))
    throw new AppError('HOST_NOT_ELIGIBLE', { hostId: host.id, agentType });
}

async function checkJob({ hostStore }: JobDeps, input: JobValues): Promise<JobValues> {
  const parameters = batchAgent(input.agentType).parameters.safeParse(input.parameters);
  if (!parameters.success)
    throw new AppError('INVALID_INPUT', {
      issues: parameters.error.issues.map((issue) => ({
        path: ['parameters', ...issue.path].join('.'),
        message: issue.message,
      })),
    });
  requireEligible(await hostStore.getAbilities(input.hostId), input.agentType);
  return { ...input, parameters: parameters.data };
}
