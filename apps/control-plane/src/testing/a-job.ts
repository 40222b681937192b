import { HostId, type Job, JobInput } from '@bigeye/contracts';
import type { Database } from '../db/database.ts';
import { createHostStore } from '../hosts/host-store.ts';
import { createJobStore } from '../jobs/job-store.ts';

const etl01 = HostId.parse('etl-01');

/** A registered host `etl-01` with Lineage Plus and a job for it. */
export async function insertJob(
  { db, changes }: Pick<Database, 'db' | 'changes'>,
  name = 'nightly lineage',
): Promise<Job> {
  const jobs = createJobStore(db);
  const hosts = createHostStore(db, changes);
  await hosts.upsertHost(etl01, [{ type: 'LINEAGE_PLUS', image: 'bigeyedata/x:1', connections: [] }]);
  const input = JobInput.parse({
    name,
    hostId: etl01,
    agentType: 'LINEAGE_PLUS',
    parameters: { connectors: ['postgres'] },
  });
  return await jobs.getJob(await jobs.insertJob(input, 'admin@example.com'));
}
