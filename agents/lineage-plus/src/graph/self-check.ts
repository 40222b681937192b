import type { Inventory } from '../postgres/read-inventory.ts';
import type { ViewDefinition } from '../postgres/read-view-definitions.ts';
import type { SourceReader } from '../postgres/source-session.ts';
import type { Catalog, Column, Relation } from '../resolver/catalog.ts';
import { resolveQuery } from '../resolver/resolve-query.ts';
import type { Expression, FromItem, Query, Select } from '../sql/ast.ts';
import { ParseFailure, parseQuery } from '../sql/parse-query.ts';
import type { ViewLineage } from './view-lineage.ts';

/**
 * What PostgreSQL itself knows of a view (`pg_depend`) must be among the sources of our edges. Returns the differences in
 * words: columns that the view uses and no edge has, and names that the inventory does not know. It cannot find a wrong
 * edge, only a missing one. Asks the source again only where there is something to explain.
 */
export async function selfCheck(
  definition: ViewDefinition,
  lineage: ViewLineage,
  { catalog, relationOf }: Pick<Inventory, 'catalog' | 'relationOf'>,
  session: SourceReader,
): Promise<string[]> {
  const { view, sql, uses } = definition;
  // A view that could not be resolved at all has its reason reported already.
  if (sql === undefined || (lineage.columns.length === 0 && lineage.issues.length > 0)) return [];
  // A composite type made by CREATE TYPE has columns for pg_depend but holds no data, so it is not in the inventory.
  const found = uses.flatMap(({ relation: oid, column: name }) => {
    const relation = relationOf.get(oid);
    if (relation === undefined) return [];
    return [{ oid, relation, name, column: relation.columns.find((column) => column.name === name) }];
  });
  const ours = new Set(sourcesOf(lineage));
  let missing = found.filter(({ column }) => column !== undefined && !ours.has(column));
  if (missing.length > 0) {
    const unused = unusedOutputs(sql, catalog);
    missing = missing.filter(({ column }) => column !== undefined && !unused.has(column));
  }
  if (missing.some(({ relation }) => !lineage.relations.has(relation))) {
    const read = await readFromRelations(session, view.oid);
    missing = missing.filter(({ oid }) => read.has(oid));
  }
  const unknown = found.filter(({ column }) => column === undefined);
  return [
    ...told(missing, (names) => `self-check: PostgreSQL says that the view uses ${names}, which no edge shows`),
    ...told(unknown, (names) => `${names} was added or renamed while the run read the view; the next run has it`),
  ];
}

/**
 * Ids of the tables and views in the FROM clauses of a view. For `pg_depend` a column of a row type is used like one of its table, and
 * what a function that returns such rows reads is not known; only the tree of the view tells the two apart.
 */
async function readFromRelations(session: SourceReader, oid: number): Promise<Set<number>> {
  const rows = await session.rows<{ oid: number }>(
    `SELECT (regexp_matches(ev_action::text, ':relid (\\d+)', 'g'))[1]::oid AS oid FROM pg_rewrite
     WHERE ev_class = $1 AND rulename = '_RETURN'`,
    [oid],
  );
  return new Set(rows.map((row) => row.oid));
}

const namedColumns = 20;

function told(
  found: readonly { readonly relation: Relation; readonly name: string }[],
  sentence: (names: string) => string,
): string[] {
  if (found.length === 0) return [];
  const names = found
    .slice(0, namedColumns)
    .map(({ relation, name }) => `"${relation.schema}.${relation.name}.${name}"`)
    .join(', ');
  return [sentence(found.length > namedColumns ? `${names} and ${found.length - namedColumns} more` : names)];
}

function sourcesOf({ columns, rows }: ViewLineage): Column[] {
  return [...columns.flatMap(({ flow }) => [...flow.columns()]), ...(rows?.columns() ?? [])];
}

/**
 * Columns that inner queries select and no outer one asks for: `b` in `SELECT q.a FROM (SELECT a, b FROM t) q`. PostgreSQL counts them as
 * used; the view takes nothing from them. They are what the view would read beside, were all outputs asked for.
 */
function unusedOutputs(sql: string, catalog: Catalog): Set<Column> {
  try {
    const query = parseQuery(sql);
    const needed = new Set(resolvedSources(query, catalog));
    return new Set(resolvedSources(asked(query), catalog).filter((column) => !needed.has(column)));
  } catch (error) {
    if (error instanceof ParseFailure || error instanceof RangeError) return new Set();
    throw error;
  }
}

function resolvedSources(query: Query, catalog: Catalog): Column[] {
  const { columns, rows } = resolveQuery(query, catalog, 'printed');
  return [...columns, { flow: rows }].flatMap(({ flow }) => [...flow.columns()]);
}

/** Every query below a node rewritten, whatever kind of node the syntax tree has there. */
function asked<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(asked) as Node;
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, part]) => [name, asked(part)]));
  if (copy.kind === 'select') return withOutputsInRows(copy as unknown as Select) as Node;
  if ('ctes' in copy) return withCtesInRows(copy as unknown as Query) as Node;
  return copy as Node;
}

/** More columns than a query can have; positions beyond the last are none. */
const mostColumns = 1_664;

/** The query as if all its outputs decided on its rows: what decides on rows is passed on to every query around it. */
function withOutputsInRows(select: Select): Select {
  const isCounted = select.targets.every(({ expression }) => !['star', 'expand'].includes(expression.kind));
  const length = isCounted ? select.targets.length : mostColumns;
  const outputs = Array.from(
    { length },
    (_, index): Expression => ({ kind: 'literal', ordinal: index + 1, type: 'int4' }),
  );
  const windows = select.windows.flatMap(({ expressions }) => expressions);
  const inputs = select.from.flatMap(inputsOf);
  const having: Expression = {
    kind: 'operation',
    name: undefined,
    operands: [...(select.having === undefined ? [] : [select.having]), ...windows, ...inputs],
    result: { rule: 'none' },
  };
  return { ...select, distinctOn: [...select.distinctOn, ...outputs], having };
}

/** What functions and documents in FROM are made from: outputs of theirs that nobody selects are unused like others. */
function inputsOf(item: FromItem): readonly Expression[] {
  switch (item.kind) {
    case 'function':
      return item.calls.map(({ expression }) => expression);
    case 'document':
      return item.columns.flatMap(({ inputs }) => inputs);
    case 'join':
      return [...inputsOf(item.left), ...inputsOf(item.right)];
    default:
      return [];
  }
}

/** The query as if it also read every CTE, including those that nothing names. */
function withCtesInRows(query: Query): Query {
  const named = query.ctes.map(({ name }): Expression => {
    const from = [
      { kind: 'table' as const, path: [name], inputs: [], alias: undefined, aliasColumns: [], at: undefined },
    ];
    const all = { targets: [], distinctOn: [], groupBy: [], windows: [], where: undefined, having: undefined };
    const inner = {
      ctes: [],
      recursive: false,
      orderBy: [],
      limits: [],
      body: { kind: 'select' as const, ...all, from },
    };
    return { kind: 'subquery', form: 'exists', operand: undefined, query: inner };
  });
  return { ...query, limits: [...query.limits, ...named] };
}
