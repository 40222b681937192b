import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw('create table vault_keys (name text primary key, sealed bytea not null, created_at timestamptz not null)')
    .execute(db);
}
