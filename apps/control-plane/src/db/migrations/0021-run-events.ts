import { type Kysely, sql } from 'kysely';

/** What changes a run's state tells it in the same statement; who edits a job names what was read of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

/** Of the advisory lock; any number that nothing else of this database locks. */
const turn = 4_611_686_018_427;

const statements = [
  `create sequence run_events_sequence`,
  // No reference to runs or jobs: what happened is still told when they are gone.
  `create table run_events (
    id bigint primary key,
    at timestamptz not null,
    kind text not null,
    run_id text not null,
    job_id text not null,
    host_id text not null,
    status text not null,
    failure_code text,
    detail text)`,
  // Whoever tells an event waits until the one before it is committed, so that no reader sees a later one first. Numbers that
  // are drawn side by side become visible in any order, and who reads on after the highest would miss one. It is the last thing
  // that a statement does, after all rows it has to wait for, and holds up others until it is committed: for a moment, unless
  // its process goes no further; the server then ends its transaction.
  `create function tell_run_event(told_run text, told_kind text, told_at timestamptz, told_detail text) returns void
    language plpgsql as $$
    begin
      perform set_config('idle_in_transaction_session_timeout', '5s', true);
      perform pg_advisory_xact_lock(${turn});
      insert into run_events (id, at, kind, run_id, job_id, host_id, status, failure_code, detail)
        select nextval('run_events_sequence'), told_at, told_kind, id, job_id, host_id, status, failure->>'code', told_detail
        from runs where id = told_run;
      perform pg_notify('changes', told_run || ' run'), pg_notify('changes', told_run || ' timeline');
    end $$`,
  // By the database, so that nobody who changes a run can forget it, a process of an older version included.
  `create function tell_station() returns trigger language plpgsql as $$
    begin
      perform tell_run_event(new.run_id, new.kind, new.at, new.detail);
      return null;
    end $$`,
  `create trigger run_timeline_tells after insert on run_timeline for each row
    when (new.kind in ('queued', 'offered', 'waiting', 'resumed', 'cancel_requested', 'finished', 'reported_late'))
    execute function tell_station()`,
  // The one change that has no station of its own: its host tells of the start.
  `create function tell_running() returns trigger language plpgsql as $$
    begin
      perform tell_run_event(new.id, 'running', clock_timestamp(), null);
      return null;
    end $$`,
  `create trigger runs_tell after update of status on runs for each row
    when (old.status <> 'running' and new.status = 'running') execute function tell_running()`,
  `create table run_event_consumers (name text primary key, position bigint not null)`,
  `create table run_counts (
    day date not null,
    status text not null,
    failure_code text not null,
    runs bigint not null,
    primary key (day, status, failure_code))`,
  // Of runs that are active now, the end is still to be counted.
  `insert into run_counts
    select (queued_at at time zone 'UTC')::date, 'queued', '', count(*) from runs group by 1
    union all
    select (finished_at at time zone 'UTC')::date, status, coalesce(failure->>'code', ''), count(*) from runs
    where finished_at is not null and status not in ('queued', 'running') group by 1, 2, 3`,
  `alter table cleanings add column events integer not null default 0`,
  // Both null until the first change; a process of an older version goes on making jobs.
  `alter table jobs
    add column version integer not null default 1, add column changed_by text, add column changed_at timestamptz`,
];
