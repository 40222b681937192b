import { PGlite } from '@electric-sql/pglite';
import { expect, test } from 'vitest';
import { compareViews } from './testing/lineage-oracle.ts';
import { randomSchemaSql } from './testing/random-schema.ts';
import { RandomViews } from './testing/random-views.ts';
import { startEmbeddedDatabase } from './testing/test-databases.ts';

// LINEAGE_RANDOM_VIEWS=20000 looks longer, LINEAGE_RANDOM_SEED=7 elsewhere.
const wanted = Number(process.env.LINEAGE_RANDOM_VIEWS ?? 100);
const firstSeed = Number(process.env.LINEAGE_RANDOM_SEED ?? 1);
const viewsPerSeed = 1_000;
const seeds = Array.from({ length: Math.ceil(wanted / viewsPerSeed) }, (_, index) => firstSeed + index);

test.each(seeds)(
  'views made up at random come from where PostgreSQL says, seed %i',
  async (seed) => {
    const views = await validViews(seed, Math.min(wanted, viewsPerSeed));
    // Fewer would mean that the generator has come to make up nonsense.
    expect(views.length).toBeGreaterThan(Math.min(wanted, viewsPerSeed) / 3);
    const script = [randomSchemaSql, ...views].join(';\n');
    await using database = await startEmbeddedDatabase(script);
    const comparisons = await compareViews(database.connection, script);
    const own = comparisons.filter(({ view }) => view.startsWith('r.'));
    expect(own.length).toBe(2 * views.length);
    for (const { view, text, sql, wrong, issues, serverUses, ourReferences } of own) {
      const told = { wrong, issues, references: [...ourReferences].sort() };
      expect(told, `${view}, ${text}: ${sql}`).toEqual({ wrong: [], issues: [], references: [...serverUses].sort() });
    }
  },
  600_000,
);

async function validViews(seed: number, count: number): Promise<string[]> {
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
