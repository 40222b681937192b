import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table users add column oidc_issuer text, add column oidc_subject text`,
  `alter table users add constraint users_oidc_whole check ((oidc_issuer is null) = (oidc_subject is null))`,
  `alter table users add constraint users_oidc_unique unique (oidc_issuer, oidc_subject)`,
];
