import type { Call, DocumentItem, Expression, FromItem, FunctionItem, Query, TableItem } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import { columnName } from './column-name.ts';
import type { ExpressionResolver } from './expression-resolver.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import { resolveJoin } from './resolve-join.ts';
import { joinNamespaces, type Namespace, type RangeColumn, Scope, type Source, type Table } from './scope.ts';
import type { Trace } from './trace.ts';

/** Resolves the items of FROM clauses. Throws NotUnderstood. */
export class FromResolver {
  readonly #catalog: Catalog;
  readonly #trace: Trace;
  readonly #expressions: ExpressionResolver;
  readonly #query: (query: Query, outer: Scope) => Table;

  constructor(
    catalog: Catalog,
    trace: Trace,
    expressions: ExpressionResolver,
    query: (query: Query, outer: Scope) => Table,
  ) {
    this.#catalog = catalog;
    this.#trace = trace;
    this.#expressions = expressions;
    this.#query = query;
  }

  /** @param before the items to the left, which LATERAL ones and functions may name */
  item(item: FromItem, outer: Scope, before: Namespace): Source {
    const lateral = new Scope(outer, before);
    switch (item.kind) {
      case 'table':
        return this.#table(item, lateral);
      case 'query': {
        const table = this.#query(item.query, item.lateral ? lateral : outer);
        return named(item, undefined, table.columns, table.rows);
      }
      case 'function':
        return named(item, undefined, this.#function(item, lateral), Flow.none);
      case 'document':
        return named(item, undefined, this.#document(item, lateral), Flow.none);
      case 'join': {
        const left = this.item(item.left, outer, before);
        const right = this.item(item.right, outer, joinNamespaces(before, left.namespace));
        const joined = resolveJoin(item, left, right, this.#trace);
        const place = { scope: new Scope(lateral, joined.namespace), windows: [] };
        const on = this.#trace.attempt('JOIN', () => this.#expressions.all([item.on], place)) ?? Flow.none;
        const rows = Flow.union([joined.rows, on.as('JOIN')]);
        if (item.alias === undefined) return { namespace: joined.namespace, rows };
        return named(item, undefined, joined.namespace.columns, rows);
      }
      case 'unsupported':
        throw new NotUnderstood(`${item.what} in FROM is not supported`);
    }
  }

  #table(item: TableItem, scope: Scope): Source {
    const rows = this.#expressions.all(item.inputs, { scope, windows: [] }).as('FILTER');
    const name = item.path.at(-1) ?? '';
    const cte = item.path.length === 1 ? scope.findCte(name) : undefined;
    const alias = { alias: item.alias ?? name, aliasColumns: item.aliasColumns };
    if (cte !== undefined) return named(alias, undefined, cte.columns, Flow.union([cte.rows, rows]));
    const relation = this.#catalog.findRelation(item.path);
    if (relation === undefined) throw new NotUnderstood(`the table "${item.path.join('.')}" is not in the catalog`);
    this.#trace.relations.add(relation);
    const columns = relation.columns.map((column) => ({
      name: column.name,
      flow: Flow.of(column),
      type: column.type,
      base: column,
    }));
    return named(alias, item.alias === undefined ? relation.schema : undefined, columns, rows);
  }

  #function(item: FunctionItem, scope: Scope): RangeColumn[] {
    const columns = item.calls.flatMap((call) => this.#callColumns(call, item, scope));
    if (item.ordinality) columns.push(computed('ordinality', Flow.none));
    // A column of several functions that cannot be told to be of one of them is not for us to guess.
    if (item.aliasColumns.length > columns.length)
      throw new NotUnderstood('functions in FROM have columns that are not known');
    return columns;
  }

  #callColumns(
    { expression, columns }: FunctionItem['calls'][number],
    item: FunctionItem,
    scope: Scope,
  ): RangeColumn[] {
    const place = { scope, windows: [] };
    if (isUnnestOfSeveral(expression)) {
      return expression.args.map((arg) =>
        computed('unnest', this.#expressions.flow(arg, place).through('TRANSFORMATION')),
      );
    }
    const flow = this.#expressions.flow(expression, place).through('TRANSFORMATION');
    if (columns.length > 0) return columns.map((name) => computed(name, flow));
    if (item.calls.length > 1) return [computed(columnName(expression), flow)];
    // The alias list of a single function tells how many columns it has; all of them come from all its arguments.
    const count = Math.max(1, item.aliasColumns.length - (item.ordinality ? 1 : 0));
    return Array.from({ length: count }, () => computed(item.alias ?? columnName(expression), flow));
  }

  #document(item: DocumentItem, scope: Scope): RangeColumn[] {
    const place = { scope, windows: [] };
    const document = this.#expressions.all(item.inputs, place);
    return item.columns.map(({ name, isOrdinality, inputs }) => {
      if (isOrdinality) return computed(name, Flow.none);
      return computed(name, Flow.union([document, this.#expressions.all(inputs, place)]).through('TRANSFORMATION'));
    });
  }
}

/** unnest(a, b): the one function whose columns belong to one argument each. */
function isUnnestOfSeveral(expression: Expression): expression is Call {
  return (
    expression.kind === 'call' &&
    /^(pg_catalog\.)?unnest$/.test(expression.path.join('.')) &&
    expression.args.length > 1
  );
}

function computed(name: string, flow: Flow): RangeColumn {
  return { name, flow, type: undefined, base: undefined };
}

function named(
  item: { readonly alias: string | undefined; readonly aliasColumns: readonly string[] },
  schema: string | undefined,
  columns: readonly RangeColumn[],
  rows: Flow,
): Source {
  const renamed = columns.map((column, index) => ({ ...column, name: item.aliasColumns[index] ?? column.name }));
  return { namespace: { items: [{ name: item.alias, schema, columns: renamed }], columns: renamed }, rows };
}
