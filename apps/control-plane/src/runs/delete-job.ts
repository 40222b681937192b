import { AppError, type JobId } from '@bigeye/contracts';
import type { JobStore } from '../jobs/job-store.ts';
import type { RunStore } from './run-store.ts';

/** Throws JOB_NOT_FOUND, JOB_HAS_ACTIVE_RUN. */
export async function deleteJob(
  { jobStore, runStore }: { jobStore: JobStore; runStore: RunStore },
  jobId: JobId,
): Promise<void> {
  await jobStore.getJob(jobId);
  if (await jobStore.deleteJob(jobId)) return;
  const runId = await runStore.findActiveRunId(jobId);
  if (runId) throw new AppError('JOB_HAS_ACTIVE_RUN', { jobId, runId });
}
