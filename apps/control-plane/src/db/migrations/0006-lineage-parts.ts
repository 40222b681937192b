import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table lineage_repositories add column manifest text`,
  `create table lineage_parts (
    repository_id integer not null references lineage_repositories on delete cascade,
    digest text not null,
    bytes integer not null,
    content bytea not null,
    expires_at timestamptz,
    primary key (repository_id, digest)
  )`,
  `create index lineage_parts_expiring on lineage_parts (expires_at) where expires_at is not null`,
];
