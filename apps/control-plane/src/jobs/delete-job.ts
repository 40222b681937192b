import { AppError, type JobId } from '@bigeye/contracts';
import type { RunStore } from '../runs/run-store.ts';
import type { JobStore } from './job-store.ts';

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
