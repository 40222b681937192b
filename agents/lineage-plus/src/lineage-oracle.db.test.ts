import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { skipReasons } from '../../../script/lib/skip-reasons.ts';
import { hardViews17Sql, hardViewsSql } from './testing/hard-views.ts';
import { compareViews, type ViewComparison } from './testing/lineage-oracle.ts';
import {
  createTestDatabase,
  demoWarehouseSql,
  findCorpusViewsSql,
  findPagilaSql,
  readTestSql,
  type TestDatabase,
} from './testing/test-databases.ts';

const nastySql = readTestSql('nasty-views.sql');
const [newest, other] = inject('postgresServers');
const pagilaSql = findPagilaSql();
const corpusSql = findCorpusViewsSql();
const withoutOther = other === undefined ? 'there is no PostgreSQL of another major version here' : undefined;
const withoutPagila = pagilaSql === undefined ? skipReasons.noCorpora : undefined;
const withoutCorpus = corpusSql === undefined ? skipReasons.noCorpora : undefined;
const onNewest = (sql: string) => createTestDatabase(newest.url, sql);
const onOther = (sql: string) => createTestDatabase(other?.url ?? '', sql);

const sources = [
  {
    name: 'demo warehouse and hard views, newest PostgreSQL',
    skipped: undefined,
    script: demoWarehouseSql + hardViewsSql + hardViews17Sql,
    open: onNewest,
    least: { views: 280, edges: 3_400 },
  },
  {
    name: 'nasty views, newest PostgreSQL',
    skipped: undefined,
    script: nastySql + readTestSql('nasty-views-17.sql'),
    open: onNewest,
    least: { views: 660, edges: 5_400 },
  },
  {
    name: 'pagila, newest PostgreSQL',
    skipped: withoutPagila,
    script: pagilaSql ?? '',
    open: onNewest,
    least: { views: 160, edges: 2_900 },
  },
  {
    name: 'views after public bug reports, newest PostgreSQL',
    skipped: withoutCorpus,
    script: corpusSql ?? '',
    open: onNewest,
    least: { views: 330, edges: 3_500 },
  },
  {
    name: 'demo warehouse and hard views, another major version',
    skipped: withoutOther,
    script: demoWarehouseSql + hardViewsSql,
    open: onOther,
    least: { views: 270, edges: 3_300 },
  },
  {
    name: 'nasty views, another major version',
    skipped: withoutOther,
    script: nastySql,
    open: onOther,
    least: { views: 640, edges: 5_300 },
  },
  {
    name: 'pagila, another major version',
    skipped: withoutOther ?? withoutPagila,
    script: pagilaSql ?? '',
    open: onOther,
    least: { views: 155, edges: 2_800 },
  },
  {
    name: 'views after public bug reports, another major version',
    skipped: withoutOther ?? withoutCorpus,
    script: corpusSql ?? '',
    open: onOther,
    least: { views: 325, edges: 3_400 },
  },
];

// Each view stands twice: as PostgreSQL prints it and, where the script is ours, as it was written.
describe.each(sources)('PostgreSQL as the judge of our lineage: $name', ({ skipped, script, open, least }) => {
  let database: TestDatabase;
  let comparisons: ViewComparison[];

  beforeAll(async () => {
    if (skipped !== undefined) return;
    database = await open(script);
    comparisons = await compareViews(database.connection, script, ['pg_catalog', 'n']);
  });
  afterAll(async () => {
    if (skipped === undefined) await database[Symbol.asyncDispose]();
  });

  test('every view, the system views included, is understood', ({ skip }) => {
    if (skipped !== undefined) skip(skipped);
    expect(comparisons.length).toBeGreaterThanOrEqual(least.views);
    expect(comparisons.filter(({ issues }) => issues.length > 0)).toEqual([]);
  });

  test('each column and the rows have the sources that PostgreSQL sees, in the ways that it sees, and no other', ({
    skip,
  }) => {
    if (skipped !== undefined) skip(skipped);
    expect(comparisons.reduce((count, { edges }) => count + edges, 0)).toBeGreaterThanOrEqual(least.edges);
    expect(comparisons.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  });

  test('the columns that we see in a view are those that pg_depend records for it', ({ skip }) => {
    if (skipped !== undefined) skip(skipped);
    for (const { view, text, serverUses, ourReferences } of comparisons) {
      expect([...ourReferences].sort(), `${view}, ${text}`).toEqual([...serverUses].sort());
    }
  });
});
