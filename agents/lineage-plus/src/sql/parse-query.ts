import './keep-wasm-memory-flat.ts';
import { loadModule, type Node, parseSync, type SelectStmt } from 'libpg-query';
import type { Body, Cte, Query, Target } from './ast.ts';
import { ExpressionReader } from './expression-reader.ts';
import { FromItemReader } from './from-item-reader.ts';
import { mendPrintedQuery } from './mend-printed-query.ts';
import { listItems, names } from './pg-nodes.ts';

/** Why a text is no query that can be read. */
export class ParseFailure extends Error {
  override readonly name = 'ParseFailure';
}

/** Loads PostgreSQL's parser (wasm); must have ended before `parseQuery`. */
export const loadParser: () => Promise<void> = loadModule;

const expressions = new ExpressionReader(toQuery);
const fromItems = new FromItemReader(expressions, toQuery);

/** Parses one SELECT, VALUES or WITH statement of PostgreSQL 18 or earlier. Throws ParseFailure. */
export function parseQuery(sql: string): Query {
  const statements = parsePrinted(sql);
  const statement = statements[0];
  if (statements.length !== 1 || statement === undefined || !('SelectStmt' in statement)) {
    throw new ParseFailure('it is not one SELECT statement');
  }
  return toQuery(statement.SelectStmt);
}

function parsePrinted(sql: string): Node[] {
  try {
    return parseStatements(sql);
  } catch (failure) {
    const mended = mendPrintedQuery(sql);
    if (mended === sql) throw failure;
    return parseStatements(mended);
  }
}

/** PostgreSQL's own tree of each statement. Throws ParseFailure. */
export function parseStatements(sql: string): Node[] {
  try {
    return (parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt === undefined ? [] : [stmt]));
  } catch (cause) {
    throw new ParseFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Translates PostgreSQL's tree of a SELECT into ours. */
export function toQuery(statement: SelectStmt): Query {
  return {
    ctes: (statement.withClause?.ctes ?? []).map(toCte),
    recursive: statement.withClause?.recursive ?? false,
    body: toBody(statement),
    orderBy: (statement.sortClause ?? []).map((node) => expressions.expression(node)),
    limits: [statement.limitCount, statement.limitOffset].flatMap((node) =>
      node === undefined ? [] : expressions.expression(node),
    ),
  };
}

function toBody(statement: SelectStmt): Body {
  if (statement.larg !== undefined && statement.rarg !== undefined) {
    const operator = setOperators[statement.op ?? ''] ?? 'union';
    return { kind: 'set', operator, left: toQuery(statement.larg), right: toQuery(statement.rarg) };
  }
  if (statement.valuesLists !== undefined) {
    return {
      kind: 'values',
      rows: statement.valuesLists.map((row) => listItems(row).map((node) => expressions.expression(node))),
    };
  }
  return {
    kind: 'select',
    // Plain DISTINCT is one empty node.
    distinctOn: (statement.distinctClause ?? [])
      .filter((node) => Object.keys(node).length > 0)
      .map((node) => expressions.expression(node)),
    targets: (statement.targetList ?? []).flatMap(toTarget),
    from: (statement.fromClause ?? []).map((node) => fromItems.fromItem(node)),
    where: expressions.optional(statement.whereClause),
    groupBy: (statement.groupClause ?? []).flatMap(groupingKeys).map((node) => expressions.expression(node)),
    having: expressions.optional(statement.havingClause),
    windows: (statement.windowClause ?? []).flatMap((node) =>
      'WindowDef' in node ? expressions.window(node.WindowDef) : [],
    ),
  };
}

/** The keys of GROUP BY, whatever sets they are grouped in; `(a, b)` stands for its parts, `ROW(a, b)` for a value. */
function groupingKeys(node: Node): Node[] {
  if ('GroupingSet' in node) return (node.GroupingSet.content ?? []).flatMap(groupingKeys);
  if ('RowExpr' in node && node.RowExpr.row_format === 'COERCE_IMPLICIT_CAST')
    return (node.RowExpr.args ?? []).flatMap(groupingKeys);
  return [node];
}

const setOperators: Record<string, 'union' | 'intersect' | 'except'> = {
  SETOP_UNION: 'union',
  SETOP_INTERSECT: 'intersect',
  SETOP_EXCEPT: 'except',
};

function toTarget(node: Node): Target[] {
  if (!('ResTarget' in node) || node.ResTarget.val === undefined) return [];
  return [{ name: node.ResTarget.name, expression: expressions.expression(node.ResTarget.val) }];
}

function toCte(node: Node): Cte {
  if (!('CommonTableExpr' in node)) throw new ParseFailure('its WITH clause has an unknown form');
  const { ctename = '', aliascolnames, ctequery, search_clause: search, cycle_clause: cycle } = node.CommonTableExpr;
  if (ctequery === undefined || !('SelectStmt' in ctequery))
    throw new ParseFailure(`the CTE "${ctename}" is no SELECT`);
  const cycleFrom = names(cycle?.cycle_col_list);
  return {
    name: ctename,
    columns: names(aliascolnames),
    query: toQuery(ctequery.SelectStmt),
    added: [
      ...(search?.search_seq_column ? [{ name: search.search_seq_column, from: names(search.search_col_list) }] : []),
      ...(cycle?.cycle_mark_column ? [{ name: cycle.cycle_mark_column, from: cycleFrom }] : []),
      ...(cycle?.cycle_path_column ? [{ name: cycle.cycle_path_column, from: cycleFrom }] : []),
    ],
  };
}
