import { type Kysely, sql } from 'kysely';

/** How the host said that the container ended, and why it stopped it: whatever a clock says, this is true. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table runs add column reported_end jsonb').execute(db);
}
