import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table cleanings add column audit integer not null default 0`,
  `drop trigger audit_log_append_only on audit_log`,
  `create trigger audit_log_append_only before update or truncate on audit_log
    for each statement execute function refuse_audit_log_change()`,
  // Entries go from the old end only, all up to the one that the newest entry names with its hash.
  `create function check_audit_log_shortening() returns trigger language plpgsql as $$
    declare
      newest audit_log%rowtype;
      last_removed bigint;
      last_removed_hash text;
    begin
      select * into newest from audit_log order by sequence desc limit 1;
      select sequence, hash into last_removed, last_removed_hash from removed order by sequence desc limit 1;
      if newest.action = 'shortenAuditLog'
        and newest.details->>'lastRemoved' = last_removed::text
        and newest.details->>'hash' = last_removed_hash
        and not exists (select from audit_log where sequence <= last_removed)
      then return null; end if;
      raise exception 'audit_log is append-only: delete refused';
    end $$`,
  `create trigger audit_log_shortening after delete on audit_log referencing old table as removed
    for each statement execute function check_audit_log_shortening()`,
  // The log is listed newest first whatever it is filtered by, rare values too.
  `create index audit_log_of_action on audit_log (action, sequence)`,
  `create index audit_log_refused_of_action on audit_log (action, sequence) where status >= 400`,
  `create index audit_log_refused on audit_log (sequence) where status >= 400`,
  `create index audit_log_of_actor on audit_log (actor_name, sequence)`,
  `create index audit_log_of_kind on audit_log (actor_kind, sequence)`,
  // A search looks into every path: in lower case once and for all, and compared byte by byte, it takes a tenth of the time.
  `alter table lineage_nodes
    add column searched text collate "C" generated always as (lower(path)) stored`,
];
