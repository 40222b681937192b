import type { Body, Expression, Query, Select, Target, Values } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import { columnName } from './column-name.ts';
import { combineSets } from './combine-sets.ts';
import { CteResolver } from './cte-resolver.ts';
import { ExpressionResolver } from './expression-resolver.ts';
import { Flow, type IndirectSubtype } from './flow.ts';
import { FromResolver } from './from-resolver.ts';
import { FunctionResolver } from './function-resolver.ts';
import { JoinResolver } from './join-resolver.ts';
import { meetingColumn } from './meeting-column.ts';
import { NotUnderstood } from './not-understood.ts';
import {
  emptyNamespace,
  joinNamespaces,
  type Namespace,
  type Place,
  type RangeColumn,
  type RangeItem,
  Scope,
  type Table,
} from './scope.ts';
import type { Trace } from './trace.ts';
import { TypeInference } from './type-inference.ts';

interface ResolvedBody extends Table {
  /** Where ORDER BY's expressions are read. */
  readonly place: Place;
}

/** Whether somebody wrote the text of a query or PostgreSQL printed it from what it understood. */
export type QueryText = 'written' | 'printed';

/** Resolves queries within their scopes, to the columns they give and what bears on their rows. Throws NotUnderstood. */
export class QueryResolver {
  readonly #trace: Trace;
  readonly #types: TypeInference;
  readonly #expressions: ExpressionResolver;
  readonly #from: FromResolver;
  readonly #ctes: CteResolver;
  readonly #text: QueryText;

  constructor(catalog: Catalog, trace: Trace, text: QueryText) {
    this.#text = text;
    const query = (inner: Query, outer: Scope) => this.query(inner, outer);
    this.#trace = trace;
    this.#types = new TypeInference(catalog, trace, query);
    this.#expressions = new ExpressionResolver(this.#types, trace, query);
    this.#ctes = new CteResolver(catalog, query);
    this.#from = new FromResolver({
      catalog,
      trace,
      query,
      expressions: this.#expressions,
      functions: new FunctionResolver(catalog, trace, this.#expressions, this.#types),
      joins: new JoinResolver(trace, this.#types),
    });
  }

  query(query: Query, outer: Scope | undefined): Table {
    const scope = this.#ctes.scope(query, new Scope(outer, emptyNamespace));
    const { columns, rows, open, place } = this.#body(query.body, scope);
    const order = query.orderBy.map((key) =>
      this.#key('ORDER BY', 'SORT', key, { columns, open }, place, 'output first'),
    );
    const limits = query.limits.map((limit) => this.#part('LIMIT', 'FILTER', [limit], place));
    return { columns, rows: Flow.union([rows, ...order, ...limits]), open };
  }

  #body(body: Body, scope: Scope): ResolvedBody {
    switch (body.kind) {
      case 'select':
        return this.#select(body, scope);
      case 'set': {
        const [left, right] = [this.query(body.left, scope), this.query(body.right, scope)];
        const table = combineSets(body.operator, left, right, this.#types, this.#trace);
        return { ...table, place: { scope: new Scope(scope, { items: [], columns: table.columns }), windows: [] } };
      }
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
    const targets = select.targets.map((target) => this.#target(target, place));
    const columns = targets.flatMap((target) => target.columns);
    const open = targets.find((target) => target.open !== undefined)?.open;
    const output = { columns, open };
    for (const { expression } of select.targets) rows.push(this.#sets('SELECT', expression, place));
    rows.push(this.#part('WHERE', 'FILTER', [select.where], place));
    rows.push(this.#part('HAVING', 'FILTER', [select.having], place));
    for (const key of select.groupBy) rows.push(this.#key('GROUP BY', 'GROUP_BY', key, output, place, 'input first'));
    for (const key of select.distinctOn)
      rows.push(this.#key('DISTINCT ON', 'GROUP_BY', key, output, place, 'output first'));
    // Read even if no call uses them, because their columns are referenced all the same.
    for (const window of select.windows) this.#trace.attempt('WINDOW', () => this.#expressions.window(window, place));
    return { columns, open, rows: Flow.union(rows), place };
  }

  #target({ name, expression }: Target, place: Place): Pick<Table, 'columns' | 'open'> {
    const { scope } = place;
    if (expression.kind === 'star' && name === undefined) {
      const starred = this.#trace.attempt('SELECT', () =>
        expression.path.length === 0 ? scope.namespace : scope.item(expression.path, expression.at),
      );
      return this.#expanded(starred.value, starred.unclear);
    }
    if (expression.kind === 'expand') return this.#expandedRow(expression.operand, place);
    const given = name ?? columnName(expression);
    const { value, unclear } = this.#trace.attempt(`column "${given}"`, () =>
      this.#expressions.flow(expression, place),
    );
    const type = this.#types.later(expression, place);
    return { columns: [{ name: given, flow: value ?? Flow.none, type, base: undefined, unclear }], open: undefined };
  }

  /** Columns handed on by a star: the same sources, but no longer the stored columns themselves. */
  #expanded(from: Namespace | RangeItem | undefined, unclear: string | undefined): Pick<Table, 'columns' | 'open'> {
    const starred = (from?.columns ?? []).filter(({ isStarred }) => isStarred !== false);
    const columns = starred.map((column) => {
      const used = this.#trace.attempt(`column "${column.name}"`, () => this.#trace.use(column));
      return { ...column, flow: used.value ?? Flow.none, base: undefined };
    });
    return { columns, open: from?.open ?? unclear };
  }

  /** `(row).*` */
  #expandedRow(row: Expression, place: Place): Pick<Table, 'columns' | 'open'> {
    const item = this.#trace.attempt('SELECT', () => this.#expressions.rowItem(row, place.scope));
    if (item.value !== undefined || item.unclear !== undefined) return this.#expanded(item.value, item.unclear);
    const fields = this.#types.fields(row, place);
    if (fields === undefined) {
      const open = 'a row is expanded to columns that are not known';
      this.#trace.attempt('SELECT', () => this.#trace.note(open));
      return { columns: [], open };
    }
    const { value: flow = Flow.none, unclear } = this.#trace.attempt('SELECT', () =>
      this.#expressions.flow(row, place),
    );
    for (const field of fields) this.#expressions.referField(row, field.name, place);
    const columns = fields.map(({ name, type }) => {
      return { name, flow: flow.through('TRANSFORMATION'), type: () => type, base: undefined, unclear };
    });
    return { columns, open: undefined };
  }

  #values({ rows }: Values, outer: Scope): ResolvedBody {
    const place = { scope: outer, windows: [] };
    // As in a select list, a star stands for columns.
    const lists = rows.map((row) => row.map((expression) => this.#target({ name: undefined, expression }, place)));
    const open = lists.flat().find((part) => part.open !== undefined)?.open;
    const values = lists.map((list) => list.flatMap(({ columns }) => columns));
    const columns = (values[0] ?? []).map((_, index) => {
      const name = `column${index + 1}`;
      const parts = values.flatMap((row) => row[index] ?? []).map((part) => ({ ...part, name }));
      return meetingColumn(parts, this.#types);
    });
    return { columns, open, rows: Flow.none, place };
  }

  /** A clause that bears on rows. */
  #part(clause: string, subtype: IndirectSubtype, parts: readonly (Expression | undefined)[], place: Place): Flow {
    return (this.#trace.attempt(clause, () => this.#expressions.all(parts, place)).value ?? Flow.none).as(subtype);
  }

  /** A key of ORDER BY, GROUP BY or DISTINCT ON: a position, the name of an output column, or an expression. */
  #key(
    clause: string,
    subtype: IndirectSubtype,
    key: Expression,
    { columns, open }: Pick<Table, 'columns' | 'open'>,
    place: Place,
    precedence: 'output first' | 'input first',
  ): Flow {
    const output = (find: () => RangeColumn | undefined) =>
      this.#trace.attempt(clause, () => {
        const column = find();
        if (column === undefined && open !== undefined) throw new NotUnderstood(open);
        return column === undefined ? undefined : this.#trace.use(column).as(subtype);
      });
    if (key.kind === 'literal' && key.ordinal !== undefined) {
      // Positions cannot be counted where some of the columns are not known.
      const place = key.ordinal - 1;
      return output(() => (open === undefined ? columns[place] : undefined)).value ?? Flow.none;
    }
    if (key.kind === 'column' && key.path.length === 1) {
      const name = key.path[0];
      const isInput = place.scope.namespace.columns.some((column) => column.name === name);
      const named = columns.find((column) => column.name === name);
      // PostgreSQL itself prints the keys' own expressions, never the names that a select list gives them.
      const isOutputFirst = precedence === 'output first' && this.#text === 'written';
      if (named !== undefined && (isOutputFirst || !isInput)) return output(() => named).value ?? Flow.none;
    }
    return Flow.union([this.#part(clause, subtype, [key], place), this.#sets(clause, key, place)]);
  }

  /** Set-returning functions in a select list or a key multiply rows, as they do in FROM. */
  #sets(clause: string, expression: Expression, place: Place): Flow {
    const given = this.#trace.attempt(clause, () => this.#expressions.setArguments(expression, place));
    return (given.value ?? Flow.none).as('JOIN');
  }
}
