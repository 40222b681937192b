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
];
