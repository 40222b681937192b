import { readInventory } from '../../agents/lineage-plus/src/postgres/read-inventory.ts';
import { openSourceSession } from '../../agents/lineage-plus/src/postgres/source-session.ts';
import type { Flow } from '../../agents/lineage-plus/src/resolver/flow.ts';
import { resolveQuery } from '../../agents/lineage-plus/src/resolver/resolve-query.ts';
import { parseQuery } from '../../agents/lineage-plus/src/sql/parse-query.ts';
import { compareViews } from '../../agents/lineage-plus/src/testing/lineage-oracle.ts';
import { randomSchemaSql } from '../../agents/lineage-plus/src/testing/random-schema.ts';
import {
  createTestDatabase,
  demoWarehouseSql,
  findCorpusViewsSql,
  findPagilaSql,
  readTestSql,
} from '../../agents/lineage-plus/src/testing/test-databases.ts';
import { validRandomViews } from '../../agents/lineage-plus/src/testing/valid-random-views.ts';

/** One view with the truth about its columns. */
export interface BenchView {
  readonly sql: string;
  readonly columns: readonly {
    readonly name: string;
    /** Sources of the value: what a tool must find. */
    readonly values: readonly string[];
    /** Those and all that bear on the column or the view's rows: what a tool may find. */
    readonly all: readonly string[];
  }[];
}

export interface ViewSet {
  readonly views: readonly BenchView[];
  /** Schema, table, column and its type: what the tools know of the database. */
  readonly tables: Readonly<Record<string, Record<string, Record<string, string>>>>;
  /** Our own answer for one view, from its text on. */
  readonly resolve: (view: BenchView) => string[][];
}

export interface NamedScript {
  readonly name: string;
  readonly script: string;
  /** Schemas whose views count. */
  readonly schemas: RegExp;
}

/** The sets that are there: some need the corpora beside the repository. */
export async function viewSets(serverUrl: string, randomViews: number): Promise<NamedScript[]> {
  const own = /^(?!pg_|information_schema)/;
  const pagila = findPagilaSql();
  const corpus = findCorpusViewsSql();
  const random = await validRandomViews(serverUrl, 1, randomViews * 2);
  return [
    { name: "PostgreSQL's own", script: '', schemas: /^(pg_catalog|information_schema)$/ },
    { name: 'demo warehouse', script: demoWarehouseSql, schemas: own },
    ...(pagila === undefined ? [] : [{ name: 'pagila', script: pagila, schemas: own }]),
    ...(corpus === undefined ? [] : [{ name: 'public bug reports', script: corpus, schemas: own }]),
    { name: 'nasty', script: readTestSql('nasty-views.sql') + readTestSql('nasty-views-17.sql'), schemas: own },
    { name: 'random', script: [randomSchemaSql, ...random].join(';\n'), schemas: own },
  ];
}

export async function readViewSet(serverUrl: string, { script, schemas }: NamedScript): Promise<ViewSet> {
  await using database = await createTestDatabase(serverUrl, script);
  const comparisons = (await compareViews(database.connection)).filter(({ view }) =>
    schemas.test(view.split('.')[0] ?? ''),
  );
  await using session = await openSourceSession(database.connection, 'lineage-bench');
  const { catalog } = await readInventory(session, () => undefined);
  const tables: Record<string, Record<string, Record<string, string>>> = {};
  for (const { schema, name, columns } of catalog.relations) {
    tables[schema] ??= {};
    tables[schema][name] = Object.fromEntries(columns.map((column) => [column.name, column.type]));
  }
  const views = comparisons.map(({ sql, sources }): BenchView => {
    const rows = sources.at(-1)?.truth ?? [];
    const columns = sources.slice(0, -1).map(({ column, truth }) => ({
      name: column,
      values: truth.filter((entry) => /IDENTITY|TRANSFORMATION|AGGREGATION/.test(wayOf(entry))).map(sourceOf),
      all: [...truth, ...rows].map(sourceOf),
    }));
    return { sql, columns };
  });
  const resolve = ({ sql }: BenchView) =>
    resolveQuery(parseQuery(sql), catalog, 'printed').columns.map(({ flow }) => sourcesOf(flow));
  return { views, tables, resolve };
}

function wayOf(entry: string): string {
  return entry.slice(entry.lastIndexOf(' '));
}

function sourceOf(entry: string): string {
  return entry.slice(0, entry.lastIndexOf(' '));
}

function sourcesOf(flow: Flow): string[] {
  return [...flow.columns()].map(({ relation, name }) => `${relation.schema}.${relation.name}.${name}`);
}
