import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // How far the log of a run has come, in one row: nothing is added up when a chunk arrives.
  `create table run_logs (
    run_id text primary key references runs on delete cascade,
    next_sequence integer not null,
    lines integer not null,
    bytes bigint not null,
    last_time text not null,
    lines_at_last_time integer not null,
    tail_bytes bigint not null,
    removed_at timestamptz)`,
  `insert into run_logs (run_id, next_sequence, lines, bytes, last_time, lines_at_last_time, tail_bytes)
    select distinct on (run_id) run_id, sequence + 1, first_line + lines - 1,
      sum(bytes) over (partition by run_id), last_time, lines_at_last_time, sum(bytes) over (partition by run_id)
    from run_log_chunks order by run_id, sequence desc`,
  `create index run_logs_with_tail on run_logs (run_id) where tail_bytes > 0`,
  `alter table run_log_chunks drop column last_time, drop column lines_at_last_time`,
  // Chunks that were gathered into one object of the object store.
  `create table run_log_segments (
    run_id text not null references runs on delete cascade,
    first_line integer not null,
    lines integer not null,
    bytes integer not null,
    stored_bytes integer not null,
    object text not null,
    primary key (run_id, first_line))`,
  // Null content: it lies in the object store. Contents of before that stay where they are.
  `alter table run_artifacts
    alter column content drop not null,
    add column stored_bytes integer,
    add column object text,
    add column digest text,
    add column removed_at timestamptz`,
  `update run_artifacts set stored_bytes = octet_length(content)`,
  `alter table run_artifacts alter column stored_bytes set not null`,
  // What is to be deleted from the object store, whoever deleted the rows: the store is not part of the transaction.
  `create table object_deletions (key text primary key, asked_at timestamptz not null)`,
  `create function forget_objects_of_run() returns trigger language plpgsql as $$
    begin
      insert into object_deletions (key, asked_at) values ('runs/' || old.id || '/', now())
        on conflict (key) do nothing;
      return null;
    end $$`,
  `create trigger runs_forget_objects after delete on runs for each row execute function forget_objects_of_run()`,
  `create table cleanings (
    at timestamptz primary key,
    runs integer not null,
    logs integer not null,
    artifacts integer not null,
    objects integer not null)`,
  // Each list is read newest first in pages of (queued_at, id), whatever it is filtered by.
  `drop index runs_of_job`,
  `create index runs_of_job on runs (job_id, queued_at desc, id desc)`,
  `create index runs_of_host on runs (host_id, queued_at desc, id desc)`,
  `create index runs_of_status on runs (status, queued_at desc, id desc)`,
  `create index runs_of_host_and_status on runs (host_id, status, queued_at desc, id desc)`,
  `create index runs_of_job_and_status on runs (job_id, status, queued_at desc, id desc)`,
  `create index runs_undispatched on runs (queued_at) where status = 'queued' and dispatched_at is null`,
  `create index runs_cancel_requested on runs (id) where status in ('queued', 'running') and cancel_requested_at is not null`,
  `create index runs_finished on runs (finished_at) where finished_at is not null`,
  `create index jobs_newest on jobs (created_at desc, id desc)`,
];
