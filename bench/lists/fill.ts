import type pg from 'pg';

export const sizes = {
  runs: 200_000,
  jobs: 2_000,
  hosts: 2_000,
  audit: 200_000,
  users: 2_000,
  agentKeys: 2_000,
  keysOfOne: 500,
  sessionsOfOne: 500,
  tables: 2_000,
  columns: 20,
};
/** The other hosts have no jobs. */
const hostsWithJobs = 100;

/** The oldest job of them all ran a quarter of all runs, five of them on another host. */
export const busyJob = jobId(1);
/** Ran three times. */
export const rareJob = jobId(2);
export const busyHost = hostId(1);
/** Only the five runs of the busy job. */
export const rareHost = hostId(hostsWithJobs);
/** Nothing ever ran on it. */
export const idleHost = hostId(1_999);
/** Has the keys and sessions of one. */
export const busyUser = userId(7);

export function jobId(n: number): string {
  return `job_${String(n).padStart(20, '0')}`;
}
export function hostId(n: number): string {
  return `host-${String(n).padStart(4, '0')}`;
}
function userId(n: number): string {
  return `usr_${String(n).padStart(20, '0')}`;
}

/** A world of `sizes`, made by the database itself. Uneven, as real ones are: a busy job, rare hosts, rare ends. */
export async function fill(client: pg.Client): Promise<void> {
  for (const statement of statements) await client.query(statement);
  await client.query('vacuum analyze');
}

/** Days back over which the runs are spread. */
const days = 400;
const id = (prefix: string, n: string) => `'${prefix}_' || lpad((${n})::text, 20, '0')`;
const host = (n: string) => `'host-' || lpad((${n})::text, 4, '0')`;
const hostOfJob = (j: string) => host(`1 + ${j} % ${hostsWithJobs - 1}`);

const statements = [
  `insert into hosts (id, registered_at, last_seen_at, revoked_at, engine_reachable, disk_free_bytes, account_keys, managed_agents)
    select ${host('n')}, now() - interval '9 days',
      case when n % 50 = 1 then null when n % 20 = 2 then now() - interval '1 hour' else now() + interval '1 hour' end,
      case when n % 100 = 3 then now() end, n % 200 <> 4, case when n % 400 = 5 then 1000 else 80000000000 end, '["aa", "bb"]',
      '[{"type": "LINEAGE_PLUS", "image": "lineage", "connections": [{"connector": "postgres", "name": "shop"}]}]'
    from generate_series(1, ${sizes.hosts}) n`,
  `insert into users (id, email, name, role, created_at)
    select ${id('usr', 'n')}, 'user' || n || '@example.com', 'User ' || n, case when n % 100 = 0 then 'admin' else 'member' end,
      now() - n * interval '1 hour' from generate_series(1, ${sizes.users}) n`,
  `insert into api_keys (id, kind, user_id, name, description, hash, created_at)
    select ${id('key', 'n')}, 'agent', null, 'host ' || n, '', md5('agent' || n), now() - n * interval '1 hour'
    from generate_series(1, ${sizes.agentKeys}) n`,
  `insert into api_keys (id, kind, user_id, name, description, hash, created_at)
    select ${id('key', '100000 + n')}, 'personal', case when n <= ${sizes.keysOfOne} then '${busyUser}' else ${id('usr', 'n')} end,
      'key ' || n, '', md5('personal' || n), now() - n * interval '1 hour' from generate_series(1, ${sizes.users}) n`,
  `insert into sessions (id, hash, user_id, created_at, expires_at)
    select ${id('ses', 'n')}, md5('session' || n), case when n <= ${sizes.sessionsOfOne} then '${busyUser}' else ${id('usr', 'n')} end,
      now() - n * interval '1 minute', now() + interval '1 hour' from generate_series(1, ${sizes.users}) n`,
  `insert into registration_keys (host_id, id, hash, replaces, user_id, created_at, expires_at, used_at)
    select ${host('n')}, ${id('rgk', 'n')}, md5('registration' || n), false, ${id('usr', '100')}, now() - n * interval '1 hour',
      now() + (n % 500 - 490) * interval '1 hour', case when n % 10 > 0 then now() end
    from generate_series(1, ${sizes.hosts}) n`,
  `insert into jobs (id, name, host_id, agent_type, parameters, settings, created_by, created_at)
    select ${id('job', 'n')}, 'job ' || n, ${hostOfJob('n')}, 'LINEAGE_PLUS',
      '{"connectors": ["postgres"]}', '{}', 'admin@example.com', now() - n * interval '1 hour'
    from generate_series(1, ${sizes.jobs}) n`,
  `insert into runs (id, job_id, host_id, agent_type, parameters, settings, status, requested_by, queued_at, dispatched_at,
      started_at, finished_at, exit_code, log_lines, failure)
    select ${id('run', 'n')}, ${id('job', 'j')},
      case when j = 1 then case when n % 40000 = 4 then '${rareHost}' else '${busyHost}' end
        else ${hostOfJob('j')} end,
      'LINEAGE_PLUS', '{"connectors": ["postgres"]}', '{}',
      case when n % 20000 = 7 then 'timed_out' when n % 50 = 0 then 'failed' when n % 211 = 0 then 'canceled' else 'succeeded' end,
      'admin@example.com', at, at, at, at + interval '1 minute', 0, 40,
      case when n % 50 = 0 then '{"code": "HOST_OFFLINE", "details": {}}'::jsonb end
    from (
      select n, now() - (${sizes.runs} - n) * interval '${(days * 24 * 60) / sizes.runs} minutes' as at,
        case when n % 4 = 0 then 1 when n in (1, 90001, 199999) then 2 else 3 + (n * 7919::bigint) % ${sizes.jobs - 2} end as j
      from generate_series(1, ${sizes.runs}) n) world`,
  `update runs set status = 'running', finished_at = null, exit_code = null
    where id in (select distinct on (job_id) id from runs where job_id > '${jobId(1960)}' order by job_id, queued_at desc)`,
  `update runs set status = 'queued', started_at = null, finished_at = null, exit_code = null
    where id in (select distinct on (job_id) id from runs where job_id between '${jobId(1900)}' and '${jobId(1920)}'
      order by job_id, queued_at desc)`,
  `insert into run_logs (run_id, next_sequence, lines, bytes, last_time, lines_at_last_time, tail_bytes)
    select id, 2, 40, 4000, '2026-01-01T00:00:00Z', 1, 0 from runs`,
  `insert into run_log_segments (run_id, first_line, lines, bytes, stored_bytes, object)
    select id, 1, 40, 4000, 400, 'runs/' || id || '/log/1-40.ndjson.gz' from runs`,
  `insert into run_timeline (run_id, kind, at)
    select id, kind, queued_at from runs, unnest(array['queued', 'offered', 'accepted', 'started', 'finished']) kind
    where right(id, 1) = '3'`,
  `insert into run_artifacts (run_id, name, bytes, stored_bytes, object)
    select id, 'report.json', 2000, 400, 'runs/' || id || '/artifacts/x.gz' from runs where right(id, 1) in ('0', '5')`,
  `insert into audit_log (sequence, at, action, actor_kind, actor_id, actor_name, address, status, error_code, details,
      request_id, previous_hash, hash)
    select n, now() - (${sizes.audit} - n) * interval '3 minutes',
      case when n % 50021 = 0 then 'deleteUser' when n % 10 = 0 then 'createJob' else 'startRun' end,
      case when n % 100 = 1 then 'host' else 'user' end, 'usr_1',
      case when n % 60013 = 0 then 'rare@example.com' else 'user' || n % 40 || '@example.com' end, '192.0.2.1',
      case when n % 40 = 0 then 403 else 200 end, case when n % 40 = 0 then 'FORBIDDEN' end,
      '{"jobId": "job_1"}', 'request-' || n, md5((n - 1)::text), md5(n::text)
    from generate_series(1, ${sizes.audit}) n`,
  `insert into lineage_repositories (name, workspace_id) values ('shop', 1)`,
  `insert into lineage_nodes (repository_id, external_id, name, type, path, attributes)
    select 1, 'postgres://shop.' || n, 'orders_' || n, 'TABLE', 'shop / schema_' || n % 40 || ' / orders_' || n, '{}'
    from generate_series(1, ${sizes.tables}) n`,
  `insert into lineage_nodes (repository_id, external_id, name, type, container_id, path, attributes)
    select 1, t.external_id || '#' || c, 'amount_' || c, 'COLUMN', t.id, t.path || ' / amount_' || c, '{}'
    from lineage_nodes t, generate_series(1, ${sizes.columns}) c`,
];
