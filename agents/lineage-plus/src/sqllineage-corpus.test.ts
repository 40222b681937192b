import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node } from 'libpg-query';
import { beforeAll, expect, test } from 'vitest';
import { skipReasons } from '../../../script/lib/skip-reasons.ts';
import { Catalog, type Column, type Relation } from './resolver/catalog.ts';
import { resolveQuery } from './resolver/resolve-query.ts';
import { loadParser, ParseFailure, parseStatements, toQuery } from './sql/parse-query.ts';
import { names } from './sql/pg-nodes.ts';
import { fewTypes } from './testing/few-types.ts';

/** sqllineage's own labelled statements: `expected` pairs a source column with a target column. */
interface Case {
  readonly kind: string;
  readonly sql: string;
  readonly expected: readonly [ColumnName, ColumnName][];
  readonly schema: Record<string, string[]> | null;
}

interface ColumnName {
  readonly table: string;
  readonly column: string;
}

type Verdict = 'right' | 'incomplete' | 'false edge' | 'not PostgreSQL' | 'not a query';

const path = join(import.meta.dirname, '../../../../shared/corpora/lineage-sqllineage/cases.json');

beforeAll(loadParser);

// The corpus is written in a dozen dialects and, unlike a catalog, often leaves open which table a column belongs to. What
// is measured is how far the same resolver gets on statements of others; the figures only ever go up.
test('of the statements of sqllineage that are PostgreSQL, most are resolved exactly as labelled', ({ skip }) => {
  if (!existsSync(path)) skip(skipReasons.noCorpora);
  const cases: Case[] = JSON.parse(readFileSync(path, 'utf8')).filter(({ kind }: Case) => kind === 'column');
  const verdicts = Map.groupBy(cases, judge);
  const count = (verdict: Verdict) => verdicts.get(verdict)?.length ?? 0;
  expect(cases).toHaveLength(100);
  expect({
    right: count('right'),
    incomplete: count('incomplete'),
    falseEdge: count('false edge'),
    notPostgres: count('not PostgreSQL'),
    notOneQuery: count('not a query'),
  }).toEqual({ right: 69, incomplete: 6, falseEdge: 0, notPostgres: 13, notOneQuery: 12 });
});

function judge({ sql, expected, schema }: Case): Verdict {
  let statements: Node[];
  try {
    statements = parseStatements(sql);
  } catch (error) {
    if (error instanceof ParseFailure) return 'not PostgreSQL';
    throw error;
  }
  const [statement] = statements;
  const written = statement === undefined || statements.length > 1 ? undefined : writtenQuery(statement, schema ?? {});
  if (written === undefined) return 'not a query';
  const { columns } = resolveQuery(written.query, catalogOf(statements, expected, schema ?? {}));
  const ours = columns.map(({ name, flow }, index) => ({
    name: written.columns[index] ?? name,
    sources: [...flow.columns()].map(qualified).sort(),
  }));
  const labelled = expected.map(([source]) => bare(source));
  if (ours.flatMap(({ sources }) => sources).some((source) => !labelled.includes(source))) return 'false edge';
  return agrees(ours, expected) ? 'right' : 'incomplete';
}

/** The query of INSERT … SELECT, CREATE TABLE AS, CREATE VIEW or SELECT INTO, with the columns of its target if known. */
function writtenQuery(statement: Node, schema: Record<string, string[]>) {
  if ('InsertStmt' in statement) {
    const { selectStmt, cols, withClause, relation } = statement.InsertStmt;
    if (selectStmt === undefined || !('SelectStmt' in selectStmt)) return undefined;
    const query = toQuery({ ...selectStmt.SelectStmt, ...(withClause === undefined ? {} : { withClause }) });
    const listed = cols?.flatMap((column) => ('ResTarget' in column ? (column.ResTarget.name ?? '') : []));
    return { query, columns: listed ?? schema[[relation?.schemaname, relation?.relname].join('.')] ?? [] };
  }
  const query = 'CreateTableAsStmt' in statement ? statement.CreateTableAsStmt.query : undefined;
  const select = 'ViewStmt' in statement ? statement.ViewStmt.query : (query ?? statement);
  if (select === undefined || !('SelectStmt' in select)) return undefined;
  return {
    query: toQuery(select.SelectStmt),
    columns: 'ViewStmt' in statement ? names(statement.ViewStmt.aliases) : [],
  };
}

/** Tables as the case declares them; where it does not, with the columns that it names as sources. */
function catalogOf(statements: Node[], expected: Case['expected'], schema: Record<string, string[]>): Catalog {
  const tables = new Map(Object.entries(schema).map(([name, columns]) => [name.toLowerCase(), new Set(columns)]));
  for (const [, schemaName, name] of JSON.stringify(statements).matchAll(
    /"RangeVar":\{(?:"schemaname":"(.*?)",)?"relname":"(.*?)"/g,
  )) {
    const table = schemaName === undefined ? `${name}` : `${schemaName}.${name}`;
    if (!tables.has(table)) tables.set(table, new Set());
  }
  for (const [{ table, column }] of expected) {
    if (schema[table] === undefined) tables.get(unqualified(table))?.add(column);
  }
  return new Catalog(
    [...tables].map(([name, columns]) => toRelation(name, columns)),
    [noSchema],
    fewTypes([]),
  );
}

const noSchema = '<default>';

function unqualified(table: string): string {
  return table.toLowerCase().replace(`${noSchema}.`, '');
}

function toRelation(table: string, columnNames: Iterable<string>): Relation {
  const parts = table.split('.');
  const columns: Column[] = [];
  const relation: Relation = { schema: parts.at(-2) ?? noSchema, name: parts.at(-1) ?? '', kind: 'table', columns };
  for (const name of columnNames)
    columns.push({ relation, name: name.toLowerCase(), type: 'text', ordinal: columns.length + 1 });
  return relation;
}

function qualified({ relation, name }: Column): string {
  return relation.schema === noSchema ? `${relation.name}.${name}` : `${relation.schema}.${relation.name}.${name}`;
}

function bare({ table, column }: ColumnName): string {
  return `${unqualified(table)}.${column.toLowerCase()}`;
}

/** Columns without a name of their own are named after their text in the corpus, so they are compared by sources alone. */
function agrees(ours: readonly { name: string; sources: string[] }[], expected: Case['expected']): boolean {
  const byTarget = Map.groupBy(expected, ([, { column }]) => column.toLowerCase());
  const theirs = [...byTarget].map(([name, edges]) => ({
    name,
    sources: edges.map(([source]) => bare(source)).sort(),
  }));
  const text = (columns: typeof theirs) =>
    columns
      .filter(({ sources }) => sources.length > 0)
      .map(({ name, sources }) => `${byTarget.has(name) && /^\w+$/.test(name) ? name : '?'}: ${sources}`)
      .sort();
  return text([...ours]).join('\n') === text(theirs).join('\n');
}
