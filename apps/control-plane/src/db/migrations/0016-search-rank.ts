import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // A search offers tables before columns, and short paths before long ones. Read in that order, what many match is found at once.
  `alter table lineage_nodes
    add column search_rank integer generated always as (case type when 'COLUMN' then 1000000 else 0 end + length(path)) stored`,
  `create index lineage_nodes_searched on lineage_nodes (search_rank)
    where type in ('TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'COLUMN')`,
];
