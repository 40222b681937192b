import { expect, test } from 'vitest';
import { errorCatalogue, routes } from './index.ts';

/** What the files of a folder hold, all exported tables laid together. */
const tablesOf = (modules: Record<string, Record<string, unknown>>) =>
  Object.values(modules).flatMap((module) => Object.values(module).filter((table) => typeof table === 'object'));
const keysOf = (tables: unknown[]) => tables.flatMap((table) => Object.keys(table as object)).sort();

test('every error of every noun is in the catalogue, and none stands twice', () => {
  const tables = tablesOf(import.meta.glob('./errors/*.ts', { eager: true }));
  expect(keysOf(tables)).toEqual(Object.keys(errorCatalogue).sort());
});

test('every route of every noun is in the table, and none stands twice', () => {
  const tables = tablesOf(import.meta.glob(['./routes/*.ts', '!./routes/route.ts'], { eager: true }));
  expect(keysOf(tables)).toEqual(Object.keys(routes).sort());
});
