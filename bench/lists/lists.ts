import { HostId, JobId, type RunStatus } from '@bigeye/contracts';
import { createAuditStore } from '../../apps/control-plane/src/audit/audit-store.ts';
import type { Database } from '../../apps/control-plane/src/db/database.ts';
import { createHostListStore } from '../../apps/control-plane/src/hosts/host-list-store.ts';
import { createJobStore } from '../../apps/control-plane/src/jobs/job-store.ts';
import { createLineageStore } from '../../apps/control-plane/src/lineage/lineage-store.ts';
import { createRunStore, type RunQuery } from '../../apps/control-plane/src/runs/run-store.ts';
import { busyHost, busyJob, jobId, rareHost, rareJob } from './fill.ts';

type Reads = Record<string, () => Promise<unknown>>;

/** Every list with every combination of its filters, the rare values too, and places deep in the list. */
export async function listsOf({ db, changes }: Database): Promise<Reads> {
  return {
    ...(await runLists(createRunStore(db, changes))),
    ...(await jobAndHostLists(createJobStore(db), createHostListStore(db))),
    ...(await auditLists(createAuditStore(db))),
    ...searches(createLineageStore(db)),
  };
}

const limit = 50;
const statuses: RunStatus[] = ['queued', 'running', 'succeeded', 'failed', 'timed_out', 'canceled'];

async function runLists(runs: ReturnType<typeof createRunStore>): Promise<Reads> {
  const jobs = { '': undefined, 'busy job': busyJob, 'rare job': rareJob, 'a job': jobId(700) };
  const hosts = { '': undefined, 'busy host': busyHost, 'rare host': rareHost, 'a host': 'host-17' };
  // 100 pages of 200 deep in the list.
  let deep: string | undefined;
  for (let pages = 0; pages < 100; pages++)
    deep = (await runs.listRuns({ limit: 200, cursor: deep })).nextCursor ?? deep;
  const reads: Reads = {};
  for (const [job, jobIdOf] of Object.entries(jobs))
    for (const [host, hostId] of Object.entries(hosts))
      for (const status of [undefined, ...statuses]) {
        const query: RunQuery = {
          limit,
          jobId: jobIdOf === undefined ? undefined : JobId.parse(jobIdOf),
          hostId: hostId === undefined ? undefined : HostId.parse(hostId),
          status,
        };
        const name = ['runs', job, host, status].filter(Boolean).join(', ');
        reads[name] = () => runs.listRuns(query);
        reads[`${name}, deep`] = () => runs.listRuns({ ...query, cursor: deep });
      }
  return reads;
}

async function jobAndHostLists(
  jobs: ReturnType<typeof createJobStore>,
  hosts: ReturnType<typeof createHostListStore>,
): Promise<Reads> {
  let deep: string | undefined;
  for (let pages = 0; pages < 9; pages++) deep = (await jobs.listJobs({ limit: 200, cursor: deep })).nextCursor ?? deep;
  return {
    jobs: () => jobs.listJobs({ limit }),
    'jobs, 200 a page': () => jobs.listJobs({ limit: 200 }),
    'jobs, deep': () => jobs.listJobs({ limit, cursor: deep }),
    hosts: () => hosts.listHosts({ limit }),
  };
}

async function auditLists(audit: ReturnType<typeof createAuditStore>): Promise<Reads> {
  const actors = { '': undefined, 'an actor': 'user7@', 'rare actor': 'rare@', 'no actor': 'nobody@' };
  const actions = { '': undefined, startRun: 'startRun', deleteUser: 'deleteUser', 'no action': 'rotateKey' };
  const week = 7 * 24 * 60 * 60 * 1000;
  const periods = {
    '': {},
    'last week': { from: new Date(Date.now() - week).toISOString() },
    'first week': { to: '' },
  };
  periods['first week'].to = new Date(Date.now() - 59 * week).toISOString();
  const reads: Reads = {};
  for (const [who, actor] of Object.entries(actors))
    for (const [what, action] of Object.entries(actions))
      for (const [when, period] of Object.entries(periods))
        for (const refused of [undefined, true, false])
          reads[
            ['audit', who, what, when, refused === undefined ? '' : `refused ${refused}`].filter(Boolean).join(', ')
          ] = () => audit.listEntries({ limit, actor, action, refused, ...period });
  reads['audit, kind host'] = () => audit.listEntries({ limit, actorKind: 'host' });
  reads['audit, kind anonymous'] = () => audit.listEntries({ limit, actorKind: 'anonymous' });
  reads['audit, deep'] = () => audit.listEntries({ limit, cursor: '1000' });
  return reads;
}

const searches = (lineage: ReturnType<typeof createLineageStore>): Reads => ({
  'lineage, many match': () => lineage.searchNodes('orders', 20),
  'lineage, one matches': () => lineage.searchNodes('orders_1777 / amount_17', 20),
  'lineage, none matches': () => lineage.searchNodes('customers', 20),
});
