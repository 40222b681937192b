import { HostId, type Job, JobInput } from '@bigeye/contracts';
import type { Db } from '../db/tables.ts';
import { createHostStore } from '../hosts/host-store.ts';
import { createJobStore } from '../jobs/job-store.ts';

const etl01 = HostId.parse('etl-01');

/** A registered host `etl-01` with Lineage Plus and a job for it. */
export async function insertJob(db: Db, name = 'nightly lineage'): Promise<Job> {
  const jobs = createJobStore(db);
  await createHostStore(db).upsertHost(etl01, [{ type: 'LINEAGE_PLUS', image: 'bigeyedata/x:1', connections: [] }]);
  const input = JobInput.parse({
    name,
    hostId: etl01,
    agentType: 'LINEAGE_PLUS',
    parameters: { connectors: ['postgres'] },
  });
  return await jobs.getJob(await jobs.insertJob(input, 'admin@example.com'));
}
