import type { Body, Cte, Expression, Query, Select, SetOperation, Target, Values } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import { columnName } from './column-name.ts';
import { ExpressionResolver, type Place } from './expression-resolver.ts';
import { Flow, type IndirectSubtype } from './flow.ts';
import { FromResolver } from './from-resolver.ts';
import { NotUnderstood } from './not-understood.ts';
import { emptyNamespace, joinNamespaces, type Namespace, type RangeColumn, Scope, type Table } from './scope.ts';
import type { Trace } from './trace.ts';

interface ResolvedBody extends Table {
  /** Where ORDER BY's expressions are read. */
  readonly place: Place;
}

/** Resolves queries within their scopes, to the columns they give and what bears on their rows. Throws NotUnderstood. */
export class QueryResolver {
  readonly #trace: Trace;
  readonly #expressions: ExpressionResolver;
  readonly #from: FromResolver;

  constructor(catalog: Catalog, trace: Trace) {
    const query = (inner: Query, outer: Scope) => this.query(inner, outer);
    this.#trace = trace;
    this.#expressions = new ExpressionResolver(catalog, trace, query);
    this.#from = new FromResolver(catalog, trace, this.#expressions, query);
  }

  query(query: Query, outer: Scope | undefined): Table {
    const scope = this.#withCtes(query, new Scope(outer, emptyNamespace));
    const { columns, rows, place } = this.#body(query.body, scope);
    const order = query.orderBy.map((key) => this.#key('ORDER BY', 'SORT', key, columns, place, 'output first'));
    const limits = query.limits.map((limit) => this.#part('LIMIT', 'FILTER', [limit], place));
    return { columns, rows: Flow.union([rows, ...order, ...limits]) };
  }

  #body(body: Body, scope: Scope): ResolvedBody {
    switch (body.kind) {
      case 'select':
        return this.#select(body, scope);
      case 'set':
        return this.#set(body, scope);
      case 'values':
        return this.#values(body, scope);
    }
  }

  #select(select: Select, outer: Scope): ResolvedBody {
    let namespace: Namespace = emptyNamespace;
    const rows: Flow[] = [];
    for (const item of select.from) {
      const source = this.#from.item(item, outer, namespace);
      namespace = joinNamespaces(namespace, source.namespace);
      rows.push(source.rows);
    }
    const place = { scope: new Scope(outer, namespace), windows: select.windows };
    const columns = select.targets.flatMap((target) => this.#target(target, place));
    rows.push(this.#part('WHERE', 'FILTER', [select.where], place));
    rows.push(this.#part('HAVING', 'FILTER', [select.having], place));
    for (const key of select.groupBy) rows.push(this.#key('GROUP BY', 'GROUP_BY', key, columns, place, 'input first'));
    for (const key of select.distinctOn)
      rows.push(this.#key('DISTINCT ON', 'GROUP_BY', key, columns, place, 'output first'));
    // Read even if no call uses them, because their columns are referenced all the same.
    for (const window of select.windows) this.#trace.attempt('WINDOW', () => this.#expressions.window(window, place));
    return { columns, rows: Flow.union(rows), place };
  }

  #target({ name, expression }: Target, place: Place): RangeColumn[] {
    const { scope } = place;
    if (expression.kind === 'star' && name === undefined) {
      const columns = expression.path.length === 0 ? scope.namespace.columns : scope.item(expression.path).columns;
      return columns.map((column) => this.#passed(column));
    }
    if (expression.kind === 'expand') {
      const row = this.#expressions.rowItem(expression.operand, scope);
      if (row === undefined) throw new NotUnderstood('a row is expanded to columns that are not known');
      return row.columns.map((column) => this.#passed(column));
    }
    const given = name ?? columnName(expression);
    const value = this.#trace.attempt(`column "${given}"`, () => ({
      flow: this.#expressions.flow(expression, place),
      type: typeOf(expression, scope),
    }));
    return [{ name: given, flow: value?.flow ?? Flow.none, type: value?.type, base: undefined }];
  }

  /** A column handed on by a star: the same source, but no longer the stored column itself. */
  #passed(column: RangeColumn): RangeColumn {
    return { ...column, flow: this.#trace.use(column), base: undefined };
  }

  #set({ operator, left, right }: SetOperation, outer: Scope): ResolvedBody {
    const first = this.query(left, outer);
    const second = this.query(right, outer);
    if (first.columns.length !== second.columns.length)
      throw new NotUnderstood('its set operation has unequal columns');
    const columns = first.columns.map((column, index) => {
      const other = second.columns[index]?.flow ?? Flow.none;
      // EXCEPT takes no value from its right side, it only decides which rows stay.
      return {
        ...column,
        flow: operator === 'except' ? column.flow : Flow.union([column.flow, other]),
        base: undefined,
      };
    });
    const rows = [first.rows, second.rows];
    if (operator === 'except') rows.push(Flow.union(second.columns.map(({ flow }) => flow)).as('FILTER'));
    const place = { scope: new Scope(outer, { items: [], columns }), windows: [] };
    return { columns, rows: Flow.union(rows), place };
  }

  #values({ rows }: Values, outer: Scope): ResolvedBody {
    const place = { scope: outer, windows: [] };
    const columns = (rows[0] ?? []).map((_, index) => ({
      name: `column${index + 1}`,
      flow: this.#expressions.all(
        rows.map((row) => row[index]),
        place,
      ),
      type: undefined,
      base: undefined,
    }));
    return { columns, rows: Flow.none, place };
  }

  /** A clause that bears on rows. */
  #part(clause: string, subtype: IndirectSubtype, parts: readonly (Expression | undefined)[], place: Place): Flow {
    return (this.#trace.attempt(clause, () => this.#expressions.all(parts, place)) ?? Flow.none).as(subtype);
  }

  /** A key of ORDER BY, GROUP BY or DISTINCT ON: a position, the name of an output column, or an expression. */
  #key(
    clause: string,
    subtype: IndirectSubtype,
    key: Expression,
    columns: readonly RangeColumn[],
    place: Place,
    precedence: 'output first' | 'input first',
  ): Flow {
    if (key.kind === 'literal' && key.ordinal !== undefined)
      return (columns[key.ordinal - 1]?.flow ?? Flow.none).as(subtype);
    if (key.kind === 'column' && key.path.length === 1) {
      const name = key.path[0];
      const isInput = place.scope.namespace.columns.some((column) => column.name === name);
      const output = columns.find((column) => column.name === name);
      if (output !== undefined && (precedence === 'output first' || !isInput)) return output.flow.as(subtype);
    }
    return this.#part(clause, subtype, [key], place);
  }

  #withCtes(query: Query, outer: Scope): Scope {
    if (query.recursive) return this.#recursiveCtes(query.ctes, outer);
    return query.ctes.reduce((scope, cte) => {
      const table = this.#cteTable(cte, this.query(cte.query, scope));
      return new Scope(scope, emptyNamespace, (name) => (name === cte.name ? table : undefined));
    }, outer);
  }

  /** With RECURSIVE the order of CTEs is free, so each is resolved when first named. */
  #recursiveCtes(ctes: readonly Cte[], outer: Scope): Scope {
    const tables = new Map<string, Table>();
    const find = (name: string): Table | undefined => {
      const cte = ctes.find((candidate) => candidate.name === name);
      if (cte === undefined) return undefined;
      if (!tables.has(name)) this.#resolveRecursive(cte, scope, tables);
      return tables.get(name);
    };
    const scope = new Scope(outer, emptyNamespace, find);
    for (const { name } of ctes) find(name);
    return scope;
  }

  /** The first branch gives the columns; then the whole is read until nothing is added, which ends as sources are finite. */
  #resolveRecursive(cte: Cte, scope: Scope, tables: Map<string, Table>): void {
    const { body, ctes } = cte.query;
    const seed = body.kind === 'set' ? { ...body.left, ctes: [...ctes, ...body.left.ctes] } : cte.query;
    let current = this.#cteTable(cte, this.query(seed, scope));
    for (;;) {
      tables.set(cte.name, current);
      const next = this.#cteTable(cte, this.query(cte.query, scope));
      if (isSame(current, next)) return;
      current = next;
    }
  }

  #cteTable(cte: Cte, table: Table): Table {
    const columns = table.columns.map((column, index) => ({
      ...column,
      name: cte.columns[index] ?? column.name,
      base: undefined,
    }));
    const added = cte.added.map(({ name, from }) => {
      const sources = columns.filter((column) => from.includes(column.name)).map(({ flow }) => flow);
      return { name, flow: Flow.union(sources).through('TRANSFORMATION'), type: undefined, base: undefined };
    });
    return { columns: [...columns, ...added], rows: table.rows };
  }
}

/** The type of a column that is passed on; of computed values it is not known. */
function typeOf(expression: Expression, scope: Scope): string | undefined {
  if (expression.kind !== 'column') return undefined;
  const found = scope.resolve(expression.path);
  return 'flow' in found ? found.type : undefined;
}

function isSame(a: Table, b: Table): boolean {
  return (
    a.rows.equals(b.rows) && a.columns.every((column, index) => column.flow.equals(b.columns[index]?.flow ?? Flow.none))
  );
}
