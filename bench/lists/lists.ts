import { HostId, JobId, type RunStatus, UserId } from '@bigeye/contracts';
import { createApiKeyStore } from '../../apps/control-plane/src/access/api-key-store.ts';
import { createSessionStore } from '../../apps/control-plane/src/access/session-store.ts';
import { createUserStore } from '../../apps/control-plane/src/access/user-store.ts';
import { createAuditStore } from '../../apps/control-plane/src/audit/audit-store.ts';
import type { Database } from '../../apps/control-plane/src/db/database.ts';
import { createHostListStore } from '../../apps/control-plane/src/hosts/host-list-store.ts';
import { createRegistrationKeyStore } from '../../apps/control-plane/src/hosts/registration-key-store.ts';
import { createJobStore } from '../../apps/control-plane/src/jobs/job-store.ts';
import { createLineageStore } from '../../apps/control-plane/src/lineage/lineage-store.ts';
import type { RunQuery } from '../../apps/control-plane/src/runs/run-reads-store.ts';
import { createRunStore } from '../../apps/control-plane/src/runs/run-store.ts';
import { busyHost, busyJob, busyUser, hostId, idleHost, jobId, rareHost, rareJob } from './fill.ts';

type Reads = Record<string, () => Promise<unknown>>;

/** Every list with every combination of its filters, the rare values too, and places deep in the list. */
export async function listsOf({ db }: Database): Promise<Reads> {
  return {
    ...(await runLists(createRunStore(db))),
    ...(await jobLists(createJobStore(db))),
    ...(await hostLists(createHostListStore(db))),
    ...(await accessLists(createUserStore(db), createApiKeyStore(db), createSessionStore(db))),
    ...registrationLists(createRegistrationKeyStore(db)),
    ...(await auditLists(createAuditStore(db))),
    ...searches(createLineageStore(db)),
  };
}

const limit = 50;
const statuses: RunStatus[] = ['queued', 'running', 'succeeded', 'failed', 'timed_out', 'canceled'];

async function runLists(runs: ReturnType<typeof createRunStore>): Promise<Reads> {
  const jobs = { '': undefined, 'busy job': busyJob, 'rare job': rareJob, 'a job': jobId(700) };
  const hosts = {
    '': undefined,
    'busy host': busyHost,
    'rare host': rareHost,
    'a host': hostId(17),
    'idle host': idleHost,
  };
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

/** The cursor that comes after `pages` pages of 200. */
async function deepIn(
  list: (page: { limit: number; cursor?: string | undefined }) => Promise<{ nextCursor: string | null }>,
  pages = 9,
): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let page = 0; page < pages; page++) cursor = (await list({ limit: 200, cursor })).nextCursor ?? cursor;
  return cursor;
}

async function jobLists(jobs: ReturnType<typeof createJobStore>): Promise<Reads> {
  const deep = await deepIn(jobs.listJobs);
  return {
    jobs: () => jobs.listJobs({ limit }),
    'jobs, 200 a page': () => jobs.listJobs({ limit: 200 }),
    'jobs, deep': () => jobs.listJobs({ limit, cursor: deep }),
    'jobs, many have it in the name': () => jobs.listJobs({ limit, search: 'job' }),
    'jobs, one has it in the name': () => jobs.listJobs({ limit, search: 'job 1777' }),
    'jobs, summary': () => jobs.summarizeJobs(),
  };
}

async function hostLists(hosts: ReturnType<typeof createHostListStore>): Promise<Reads> {
  const deep = await deepIn(hosts.listHosts);
  const reads: Reads = { 'hosts, summary': () => hosts.summarizeHosts() };
  const searches = { '': undefined, 'many match': 'host', 'one matches': '1777', 'none matches': 'x' };
  const states = [undefined, 'registered', 'online', 'offline', 'revoked'] as const;
  for (const [found, search] of Object.entries(searches))
    for (const state of states)
      for (const revoked of [undefined, true, false]) {
        const query = { limit, search, state, revoked };
        const name = ['hosts', found, state, revoked === undefined ? '' : `revoked ${revoked}`]
          .filter(Boolean)
          .join(', ');
        reads[name] = () => hosts.listHosts(query);
        reads[`${name}, 200 a page`] = () => hosts.listHosts({ ...query, limit: 200 });
        reads[`${name}, deep`] = () => hosts.listHosts({ ...query, cursor: deep });
      }
  return reads;
}

async function accessLists(
  users: ReturnType<typeof createUserStore>,
  keys: ReturnType<typeof createApiKeyStore>,
  sessions: ReturnType<typeof createSessionStore>,
): Promise<Reads> {
  const userId = UserId.parse(busyUser);
  const deepUser = await deepIn(users.listUsers);
  const deepKey = await deepIn(keys.listAgentApiKeys);
  return {
    users: () => users.listUsers({ limit }),
    'users, deep': () => users.listUsers({ limit, cursor: deepUser }),
    'users, many match': () => users.listUsers({ limit, search: 'user' }),
    'users, one matches': () => users.listUsers({ limit, search: 'user1777@' }),
    'users, summary': () => users.summarizeUsers(),
    'agent keys': () => keys.listAgentApiKeys({ limit }),
    'agent keys, deep': () => keys.listAgentApiKeys({ limit, cursor: deepKey }),
    'agent keys, counted': () => keys.countAgentApiKeys(),
    'personal keys of one with 500': () => keys.listPersonalApiKeys({ userId, limit }),
    'personal keys of one, counted': () => keys.countPersonalApiKeys(userId),
    'sessions of one with 500': () => sessions.listSessions(userId, undefined, { limit }),
  };
}

function registrationLists(keys: ReturnType<typeof createRegistrationKeyStore>): Reads {
  const reads: Reads = {
    'registration keys of one host': () => keys.listKeys({ limit, hostId: HostId.parse(hostId(1777)) }),
  };
  for (const state of [undefined, 'open', 'used', 'expired', 'void'] as const)
    reads[`registration keys, ${state ?? 'all'}`] = () => keys.listKeys({ limit, state });
  return reads;
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
