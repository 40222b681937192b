import { type Kysely, sql } from 'kysely';

/** `told_drained_at`: the `drained_at` that the host says it knows of. `slot_runs`: who has its slots, by its word. `resources`: as the host reported them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `alter table hosts
        add column drained_at timestamptz, add column drained_by text, add column drain_note text,
        add column told_drained_at timestamptz, add column slots integer, add column slot_runs jsonb,
        add column disk_needed_bytes bigint`,
    )
    .execute(db);
  await sql.raw('alter table runs add column resources jsonb').execute(db);
}
