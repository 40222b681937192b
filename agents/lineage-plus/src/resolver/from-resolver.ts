import type { DocumentItem, FromItem, FunctionItem, Query, TableItem } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import { columnName } from './column-name.ts';
import type { ExpressionResolver } from './expression-resolver.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import { resolveJoin } from './resolve-join.ts';
import { joinNamespaces, type Namespace, type RangeColumn, Scope, type Table } from './scope.ts';
import type { Trace } from './trace.ts';

/** What one item of a FROM clause offers, and what bears on its rows. */
export interface Source {
  readonly namespace: Namespace;
  readonly rows: Flow;
}

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
    if (cte !== undefined)
      return named({ alias: name, ...defined(item) }, undefined, cte.columns, Flow.union([cte.rows, rows]));
    const relation = this.#catalog.findRelation(item.path);
    if (relation === undefined) throw new NotUnderstood(`the table "${item.path.join('.')}" is not in the catalog`);
    this.#trace.relations.add(relation);
    const columns = relation.columns.map((column) => ({
      name: column.name,
      flow: Flow.of(column),
      type: column.type,
      base: column,
    }));
    return named(
      { alias: name, ...defined(item) },
      item.alias === undefined ? relation.schema : undefined,
      columns,
      rows,
    );
  }

  #function(item: FunctionItem, scope: Scope): RangeColumn[] {
    const columns = item.calls.flatMap((call) => this.#callColumns(call, item, scope));
    if (item.ordinality) columns.push(computed('ordinality', Flow.none));
    const [only] = item.calls;
    // The alias list of one function tells how many columns its result has; all of them come from all its arguments.
    if (item.calls.length === 1 && only !== undefined && !isSplit(columns, item)) {
      const flow = this.#expressions.flow(only.expression, { scope, windows: [] }).through('TRANSFORMATION');
      const count = item.aliasColumns.length - (item.ordinality ? 1 : 0);
      const made = item.aliasColumns.map((name, index) => computed(name, index < count ? flow : Flow.none));
      return made;
    }
    if (item.aliasColumns.length > columns.length)
      throw new NotUnderstood('functions in ROWS FROM have columns that are not known');
    return columns;
  }

  #callColumns(call: FunctionItem['calls'][number], item: FunctionItem, scope: Scope): RangeColumn[] {
    const { expression, columns } = call;
    const place = { scope, windows: [] };
    // unnest(a, b) is the one function whose columns belong to one argument each.
    if (expression.kind === 'call' && expression.path.at(-1) === 'unnest' && expression.args.length > 1) {
      return expression.args.map((arg) =>
        computed('unnest', this.#expressions.flow(arg, place).through('TRANSFORMATION')),
      );
    }
    const flow = this.#expressions.flow(expression, place).through('TRANSFORMATION');
    if (columns.length > 0) return columns.map((name) => computed(name, flow));
    return [computed(item.calls.length === 1 ? (item.alias ?? columnName(expression)) : columnName(expression), flow)];
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

/** Whether the columns made from the calls are as many as the alias list wants. */
function isSplit(columns: readonly RangeColumn[], item: FunctionItem): boolean {
  return item.aliasColumns.length <= columns.length;
}

function computed(name: string, flow: Flow): RangeColumn {
  return { name, flow, type: undefined, base: undefined };
}

function defined(item: TableItem) {
  return item.alias === undefined
    ? { aliasColumns: item.aliasColumns }
    : { alias: item.alias, aliasColumns: item.aliasColumns };
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
