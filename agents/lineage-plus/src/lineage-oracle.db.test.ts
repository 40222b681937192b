import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hardViews17Sql, hardViewsSql } from './testing/hard-views.ts';
import { compareViews, type ViewComparison } from './testing/lineage-oracle.ts';
import {
  createServerDatabase,
  demoWarehouseSql,
  findPagilaSql,
  startEmbeddedDatabase,
  type TestDatabase,
} from './testing/test-databases.ts';

const serverUrl = process.env.TEST_POSTGRES_URL;
const pagilaSql = findPagilaSql();
const withoutServer = serverUrl === undefined ? 'TEST_POSTGRES_URL is not set' : undefined;
const withoutPagila = pagilaSql === undefined ? 'the corpora are missing' : undefined;
const onServer = (sql: string) => () => createServerDatabase(serverUrl ?? '', sql);

const sources = [
  {
    name: 'demo warehouse and hard views, embedded',
    skipped: undefined,
    open: () => startEmbeddedDatabase(demoWarehouseSql + hardViewsSql + hardViews17Sql),
    least: { views: 214, identities: 480, uses: 550 },
    unused: ['h.unused_subquery_column: h.a.x', 'h.unused_subquery_column: h.a.y'],
  },
  {
    name: 'pagila, embedded',
    skipped: withoutPagila,
    open: () => startEmbeddedDatabase(pagilaSql ?? ''),
    least: { views: 153, identities: 400, uses: 380 },
    unused: [],
  },
  {
    name: 'demo warehouse and hard views, PostgreSQL server',
    skipped: withoutServer,
    open: onServer(demoWarehouseSql + hardViewsSql),
    least: { views: 200, identities: 460, uses: 500 },
    unused: ['h.unused_subquery_column: h.a.x', 'h.unused_subquery_column: h.a.y'],
  },
  {
    name: 'pagila, PostgreSQL server',
    skipped: withoutServer ?? withoutPagila,
    open: onServer(pagilaSql ?? ''),
    least: { views: 148, identities: 380, uses: 360 },
    unused: [],
  },
];

describe.each(sources)('PostgreSQL as the judge of our lineage: $name', ({ skipped, open, least, unused }) => {
  let database: TestDatabase;
  let comparisons: ViewComparison[];

  beforeAll(async () => {
    if (skipped !== undefined) return;
    database = await open();
    comparisons = await compareViews(database.connection);
  });
  afterAll(async () => {
    if (skipped === undefined) await database[Symbol.asyncDispose]();
  });

  test('every view, the system views included, is understood', ({ skip }) => {
    if (skipped !== undefined) skip(skipped);
    expect(comparisons.length).toBeGreaterThanOrEqual(least.views);
    expect(comparisons.filter(({ issues }) => issues.length > 0)).toEqual([]);
  });

  test('a column that the server calls a stored column is an IDENTITY of that column alone', ({ skip }) => {
    if (skipped !== undefined) skip(skipped);
    const reported = identitiesOf(comparisons).filter(({ server }) => server !== '');
    expect(reported.length).toBeGreaterThanOrEqual(least.identities);
    expect(reported.filter(({ server, ours }) => server !== ours)).toEqual([]);
  });

  // The server looks through subqueries, CTEs and joins, but never through a set operation or a list of VALUES.
  test('we call nothing IDENTITY that the server does not, but below UNION and VALUES', ({ skip }) => {
    if (skipped !== undefined) skip(skipped);
    const additional = identitiesOf(comparisons).filter(({ server, ours }) => server === '' && ours !== '');
    expect(additional.filter(({ sql }) => !/\b(UNION|INTERSECT|EXCEPT|VALUES)\b/.test(sql))).toEqual([]);
  });

  test('the columns that we see in a view are those that pg_depend records for it', ({ skip }) => {
    if (skipped !== undefined) skip(skipped);
    const uses = comparisons.flatMap(({ serverUses }) => [...serverUses]);
    expect(uses.length).toBeGreaterThanOrEqual(least.uses);
    for (const { view, serverUses, ourReferences } of comparisons) {
      expect([...ourReferences].sort(), view).toEqual([...serverUses].sort());
    }
  });

  // pg_depend knows no columns of a whole row, and counts a subquery's column that nothing outside asks for.
  test('the sources of all edges of a view are the columns it uses, but for whole rows and unused columns', ({
    skip,
  }) => {
    if (skipped !== undefined) skip(skipped);
    const missing = comparisons.flatMap(({ view, serverUses, ourSources }) =>
      [...serverUses].filter((column) => !ourSources.has(column)).map((column) => `${view}: ${column}`),
    );
    expect(missing.sort()).toEqual(unused);
    const additional = comparisons.flatMap(({ view, serverUses, ourSources, ourWholeRows }) =>
      [...ourSources]
        .filter((column) => !serverUses.has(column) && !ourWholeRows.has(column))
        .map((column) => `${view}: ${column}`),
    );
    expect(additional).toEqual([]);
  });
});

function identitiesOf(comparisons: readonly ViewComparison[]) {
  return comparisons.flatMap(({ view, sql, identities }) => identities.map((entry) => ({ view, sql, ...entry })));
}
