import pg from 'pg';
import { randomSchemaSql } from './random-schema.ts';
import { RandomViews } from './random-views.ts';
import { createTestDatabase } from './test-databases.ts';

/** Views made up at random that PostgreSQL accepts, as CREATE VIEW statements; about half of `count`. `serverUrl`: of a server that judges. */
export async function validRandomViews(serverUrl: string, seed: number, count: number): Promise<string[]> {
  await using database = await createTestDatabase(serverUrl, randomSchemaSql);
  const client = new pg.Client({ ...database.connection, ssl: false });
  await client.connect();
  const random = new RandomViews(seed);
  const valid: string[] = [];
  for (let index = 0; index < count; index++) {
    const view = random.view(`v${index}`);
    const isValid = await client.query(view).then(
      () => true,
      () => false,
    );
    if (isValid) valid.push(view);
  }
  await client.end();
  return valid;
}
