import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(statement).execute(db);
}

/** One row: whose database this is. */
const statement = `create table installation (
  only_one boolean primary key default true check (only_one),
  id text not null,
  ca_fingerprint text not null,
  created_at timestamptz not null)`;
