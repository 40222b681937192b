import { HostId, JobId, RunStatus } from '@bigeye/contracts';
import type { RunListFilter } from './api.ts';

/** The filter of the runs as the address carries it: `/runs?status=failed&job=job_…&host=etl-01`. */
export interface RunFilter {
  status?: RunStatus;
  job?: JobId;
  host?: HostId;
}

/** From an address that anybody may have typed: what is not valid is left out. */
export function runFilterOf(search: Record<string, unknown>): RunFilter {
  const status = RunStatus.safeParse(search.status).data;
  const job = JobId.safeParse(search.job).data;
  const host = HostId.safeParse(search.host).data;
  return { ...(status && { status }), ...(job && { job }), ...(host && { host }) };
}

export const toListFilter = ({ status, job, host }: RunFilter): RunListFilter => ({
  ...(status && { status }),
  ...(job && { jobId: job }),
  ...(host && { hostId: host }),
});
