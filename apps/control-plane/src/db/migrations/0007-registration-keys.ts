import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // The newest key for a host id is the only one, as with links to set a password.
  `create table registration_keys (
    host_id text primary key,
    id text not null unique,
    hash text not null unique,
    replaces boolean not null,
    user_id text not null references users on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    used_from text)`,
  // Agent keys that a host got when it registered. They end with it.
  `alter table api_keys add column host_id text`,
];
