import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table users add column password_hash text, add column disabled_at timestamptz`,
  `update users set email = lower(email)`,
  `alter table users add constraint users_email_lower check (email = lower(email))`,
  // Sessions that are open stay so; all of them get a name that is no secret.
  `alter table sessions add column id text, add column address text, add column user_agent text`,
  `update sessions set id = 'ses_' || substr(md5(hash), 1, 20)`,
  `alter table sessions alter column id set not null, add constraint sessions_id_unique unique (id)`,
  `create index sessions_of_user on sessions (user_id)`,
  `create index api_keys_of_user on api_keys (user_id)`,
  // The newest link of a user is the only one.
  `create table password_links (
    user_id text primary key references users on delete cascade,
    hash text not null unique,
    created_at timestamptz not null,
    expires_at timestamptz not null)`,
  // Nothing refers to it and it refers to nothing: what it says outlives whom it names.
  `create table audit_log (
    sequence bigint primary key,
    at timestamptz not null,
    action text not null,
    actor_kind text not null,
    actor_id text,
    actor_name text not null,
    credential text,
    address text not null,
    status integer not null,
    error_code text,
    details jsonb not null,
    request_id text not null,
    previous_hash text not null unique,
    hash text not null unique)`,
  `create index audit_log_at on audit_log (at)`,
  `create function refuse_audit_log_change() returns trigger language plpgsql as $$
    begin raise exception 'audit_log is append-only: % refused', tg_op; end $$`,
  `create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_audit_log_change()`,
];
