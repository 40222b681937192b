import { expect, inject, test } from 'vitest';
import { compareViews } from './testing/lineage-oracle.ts';
import { randomSchemaSql } from './testing/random-schema.ts';
import { createTestDatabase } from './testing/test-databases.ts';
import { validRandomViews } from './testing/valid-random-views.ts';

// LINEAGE_RANDOM_VIEWS=20000 looks longer, LINEAGE_RANDOM_SEED=7 elsewhere.
const wanted = Number(process.env.LINEAGE_RANDOM_VIEWS ?? 100);
const firstSeed = Number(process.env.LINEAGE_RANDOM_SEED ?? 1);
const viewsPerSeed = 1_000;
const [{ url }] = inject('postgresServers');
const seeds = Array.from({ length: Math.ceil(wanted / viewsPerSeed) }, (_, index) => firstSeed + index);

test.each(seeds)(
  'views made up at random come from where PostgreSQL says, seed %i',
  async (seed) => {
    const views = await validRandomViews(url, seed, Math.min(wanted, viewsPerSeed));
    // Fewer would mean that the generator has come to make up nonsense.
    expect(views.length).toBeGreaterThan(Math.min(wanted, viewsPerSeed) / 3);
    const script = [randomSchemaSql, ...views].join(';\n');
    await using database = await createTestDatabase(url, script);
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
