import type { JobId, Run, RunJobInput } from '@bigeye/contracts';
import { takeTurns } from '@bigeye/service-kit';
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
 * Asked for more than can be inserted, those who came first are first, and what goes on already keeps its share of the database's
 * connections; with all at once, none would be answered in time.
 */
const insertsAtOnce = 8;

/**
 * Inserts a queued run and offers it to its host. When Temporal is away or behind, the run stays queued, and the dispatcher offers
 * it later. Throws JOB_NOT_FOUND, HOST_NOT_ELIGIBLE, JOB_HAS_ACTIVE_RUN.
 */
export function createStartRun(deps: StartRunDeps): (jobId: JobId, requestedBy: string) => Promise<Run> {
  const inTurn = takeTurns(insertsAtOnce);
  return async (jobId, requestedBy) => {
    const input = await inTurn(() => insertRun(deps, jobId, requestedBy));
    await deps.dispatcher.dispatch(input);
    return await deps.runStore.getRun(input.runId);
  };
}

async function insertRun(deps: StartRunDeps, jobId: JobId, requestedBy: string): Promise<RunJobInput> {
  const job = await deps.jobStore.getJob(jobId);
  requireEligible(await deps.hostStore.getAbilities(job.hostId), job.agentType);
  const runId = await deps.runStore.insertRun(job, requestedBy);
  const { hostId, agentType, parameters, settings } = job;
  return { protocolVersion: 1, runId, jobId, hostId, agentType, parameters, settings };
}
