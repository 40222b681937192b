import type { JobId, Run } from '@bigeye/contracts';
import type { HostStore } from '../hosts/host-store.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { requireEligible } from '../jobs/write-job.ts';
import type { RunDispatcher } from './run-dispatcher.ts';
import type { RunStore } from './run-store.ts';

export interface StartRunDeps {
  jobStore: JobStore;
  hostStore: HostStore;
  runStore: RunStore;
  dispatcher: RunDispatcher;
}

/**
 * Inserts a queued run and offers it to its host. When Temporal is away the run stays queued, and the dispatcher offers
 * it later. Throws JOB_NOT_FOUND, HOST_NOT_ELIGIBLE, JOB_HAS_ACTIVE_RUN.
 */
export async function startRun(deps: StartRunDeps, jobId: JobId, requestedBy: string): Promise<Run> {
  const job = await deps.jobStore.getJob(jobId);
  requireEligible(await deps.hostStore.getAbilities(job.hostId), job.agentType);
  const runId = await deps.runStore.insertRun(job, requestedBy);
  const { hostId, agentType, parameters, settings } = job;
  await deps.dispatcher.dispatch({ protocolVersion: 1, runId, jobId, hostId, agentType, parameters, settings });
  return await deps.runStore.getRun(runId);
}
