import { type RawBuilder, sql } from 'kysely';

/** How many of the rows that a query reads fulfil a condition: several such counts are one pass over them. */
export const countWhere = (condition: RawBuilder<unknown>): RawBuilder<number> =>
  sql<number>`(count(*) filter (where ${condition}))::int`;
