import { PGlite } from '@electric-sql/pglite';
import { randomSchemaSql } from './random-schema.ts';
import { RandomViews } from './random-views.ts';

/** Views made up at random that PostgreSQL accepts, as CREATE VIEW statements; about half of `count`. */
export async function validRandomViews(seed: number, count: number): Promise<string[]> {
  const db = await PGlite.create();
  await db.exec(randomSchemaSql);
  const random = new RandomViews(seed);
  const valid: string[] = [];
  for (let index = 0; index < count; index++) {
    const view = random.view(`v${index}`);
    const isValid = await db.exec(view).then(
      () => true,
      () => false,
    );
    if (isValid) valid.push(view);
  }
  await db.close();
  return valid;
}
