import type { DocumentItem, FromItem, JoinItem, Query, TableItem } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import type { ExpressionResolver } from './expression-resolver.ts';
import { Flow } from './flow.ts';
import type { FunctionResolver } from './function-resolver.ts';
import type { JoinResolver } from './join-resolver.ts';
import { NotUnderstood } from './not-understood.ts';
import {
  joinNamespaces,
  type Namespace,
  type RangeColumn,
  type RangeItem,
  Scope,
  type Source,
  type Table,
} from './scope.ts';
import type { Trace } from './trace.ts';
import { settled } from './type-inference.ts';

interface FromResolverParts {
  readonly catalog: Catalog;
  readonly trace: Trace;
  readonly expressions: ExpressionResolver;
  readonly functions: FunctionResolver;
  readonly joins: JoinResolver;
  readonly query: (query: Query, outer: Scope) => Table;
}

/** Resolves the items of FROM clauses. One that is not understood costs only what is named of it. */
export class FromResolver {
  readonly #parts: FromResolverParts;
  readonly #systemColumns: ReadonlyMap<string, RangeColumn>;

  constructor(parts: FromResolverParts) {
    const { types } = parts.catalog;
    this.#parts = parts;
    this.#systemColumns = new Map(
      systemColumnTypes.map(([name, type]) => [
        name,
        { name, flow: Flow.none, type: () => types.builtIn(type), base: undefined },
      ]),
    );
  }

  /** @param before the items to the left, which LATERAL ones and functions may name */
  item(item: FromItem, outer: Scope, before: Namespace): Source {
    const { trace } = this.#parts;
    try {
      return this.#item(item, outer, before);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      trace.attempt('FROM', () => trace.note(error.message, error.at));
      const name = 'alias' in item ? (item.alias ?? ('path' in item ? item.path.at(-1) : undefined)) : undefined;
      const open: RangeItem = { name, schema: undefined, columns: [], open: error.message };
      return { namespace: { items: [open], columns: [], open: error.message }, rows: Flow.none };
    }
  }

  #item(item: FromItem, outer: Scope, before: Namespace): Source {
    const lateral = new Scope(outer, before);
    switch (item.kind) {
      case 'table':
        return this.#table(item, outer);
      case 'query': {
        const { columns, rows, open } = this.#parts.query(item.query, item.lateral ? lateral : outer);
        return toSource(item, { columns: columns.map((column) => this.#settled(column)), open }, rows);
      }
      case 'function': {
        const { columns, open, rows, name } = this.#parts.functions.item(item, lateral);
        return toSource({ ...item, alias: item.alias ?? name }, { columns, open }, rows);
      }
      case 'document':
        return this.#document(item, lateral);
      case 'join':
        return this.#join(item, outer, before);
      case 'unsupported':
        throw new NotUnderstood(`${item.what} in FROM is not supported`, item.at);
    }
  }

  #join(item: JoinItem, outer: Scope, before: Namespace): Source {
    const { trace, expressions, joins } = this.#parts;
    const left = this.item(item.left, outer, before);
    const right = this.item(item.right, outer, joinNamespaces(before, left.namespace));
    const { value, unclear } = trace.attempt('JOIN', () => joins.join(item, left, right));
    const joined = value ?? {
      namespace: { ...joinNamespaces(left.namespace, right.namespace), open: unclear },
      rows: Flow.union([left.rows, right.rows]),
    };
    // ON sees the two sides and no other item of the same FROM clause.
    const place = { scope: new Scope(outer, joined.namespace), windows: [] };
    const on = trace.attempt('JOIN', () => expressions.all([item.on], place)).value ?? Flow.none;
    const rows = Flow.union([joined.rows, on.as('JOIN')]);
    return item.alias === undefined ? { namespace: joined.namespace, rows } : toSource(item, joined.namespace, rows);
  }

  #table(item: TableItem, outer: Scope): Source {
    const { catalog, trace, expressions } = this.#parts;
    const place = { scope: outer, windows: [] };
    const rows = (trace.attempt('TABLESAMPLE', () => expressions.all(item.inputs, place)).value ?? Flow.none).as(
      'FILTER',
    );
    const name = item.path.at(-1) ?? '';
    const cte = item.path.length === 1 ? outer.findCte(name) : undefined;
    const alias = { alias: item.alias ?? name, aliasColumns: item.aliasColumns };
    if (cte !== undefined) return toSource(alias, cte, Flow.union([cte.rows, rows]));
    const relation = catalog.findRelation(item.path);
    if (relation === undefined)
      throw new NotUnderstood(`the table "${item.path.join('.')}" is not in the catalog`, item.at);
    trace.relations.add(relation);
    const columns = relation.columns.map((column) => ({
      name: column.name,
      flow: Flow.of(column),
      type: () => catalog.types.printed(column.type),
      base: column,
    }));
    const details = {
      columns,
      schema: item.alias === undefined ? relation.schema : undefined,
      rowType: catalog.types.named({ path: [relation.schema, relation.name], modifiers: '', isArray: false })?.info,
      systemColumns: relation.kind === 'view' ? undefined : this.#systemColumns,
    };
    return toSource(alias, details, rows);
  }

  /** The document decides which rows there are; the default of a column (`DEFAULT … ON EMPTY`) only fills in a value. */
  #document(item: DocumentItem, scope: Scope): Source {
    const { catalog, expressions, trace } = this.#parts;
    const place = { scope, windows: [] };
    const { value: document = Flow.none, unclear } = trace.attempt('FROM', () => expressions.all(item.inputs, place));
    const columns = item.columns.map(({ name, type, isOrdinality, inputs }): RangeColumn => {
      const own = trace.attempt('FROM', () => expressions.all(inputs, place));
      const flow = isOrdinality ? Flow.none : Flow.union([document, own.value ?? Flow.none]).through('TRANSFORMATION');
      const typeOf = () => type && catalog.types.named(type);
      return {
        name,
        flow,
        type: typeOf,
        base: undefined,
        unclear: isOrdinality ? undefined : (unclear ?? own.unclear),
      };
    });
    return toSource(item, { columns }, document.as('JOIN'));
  }

  #settled(column: RangeColumn): RangeColumn {
    return { ...column, type: () => settled(column.type(), this.#parts.catalog) };
  }
}

// They belong to the row's storage and have no place in lineage.
const systemColumnTypes = [
  ['ctid', 'tid'],
  ['xmin', 'xid'],
  ['xmax', 'xid'],
  ['cmin', 'cid'],
  ['cmax', 'cid'],
  ['tableoid', 'oid'],
] as const;

/** Names what an item offers after its alias. */
function toSource(
  item: { readonly alias: string | undefined; readonly aliasColumns: readonly string[] },
  details: Omit<RangeItem, 'name' | 'schema'> & { readonly schema?: string | undefined },
  rows: Flow,
): Source {
  const columns = details.columns.map((column, index) => ({
    ...column,
    name: item.aliasColumns[index] ?? column.name,
  }));
  const named: RangeItem = {
    name: item.alias,
    schema: details.schema,
    columns,
    rowType: details.rowType,
    systemColumns: details.systemColumns,
    open: details.open,
  };
  return { namespace: { items: [named], columns, open: details.open }, rows };
}
