import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table hosts
    add column certificate_issued_at timestamptz,
    add column previous_certificate_fingerprint text,
    add column previous_certificate_until timestamptz,
    add column account_keys jsonb not null default '[]',
    add column revoked_at timestamptz`,
];
