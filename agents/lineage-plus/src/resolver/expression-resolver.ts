import type { Call, Expression, Query, Window } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import type { RangeItem, Scope, Table } from './scope.ts';
import type { Trace } from './trace.ts';

/** The place of an expression: its scope and the windows that its OVER clauses may name. */
export interface Place {
  readonly scope: Scope;
  readonly windows: readonly Window[];
}

/** Tells which columns a value comes from, and how. Throws NotUnderstood. */
export class ExpressionResolver {
  readonly #catalog: Catalog;
  readonly #trace: Trace;
  readonly #query: (query: Query, outer: Scope) => Table;

  /** @param query resolves the subqueries of expressions */
  constructor(catalog: Catalog, trace: Trace, query: (query: Query, outer: Scope) => Table) {
    this.#catalog = catalog;
    this.#trace = trace;
    this.#query = query;
  }

  /** The sources of one value; IDENTITY only where a column is passed on as it is. */
  flow(expression: Expression, place: Place): Flow {
    switch (expression.kind) {
      case 'column': {
        const found = place.scope.resolve(expression.path);
        return 'flow' in found ? this.#trace.use(found) : this.#trace.useRow(found);
      }
      case 'star':
        return this.#trace.useRow(place.scope.item(expression.path));
      case 'literal':
        return Flow.none;
      case 'call':
        return this.#call(expression, place);
      case 'case': {
        const conditions = [expression.operand, ...expression.branches.map(({ condition }) => condition)];
        const results = [...expression.branches.map(({ result }) => result), expression.otherwise];
        return Flow.union([
          this.all(results, place).through('TRANSFORMATION'),
          this.all(conditions, place).as('CONDITIONAL'),
        ]);
      }
      case 'cast':
        return this.flow(expression.operand, place).through('TRANSFORMATION');
      case 'field':
        return this.#field(expression.operand, expression.name, place);
      case 'expand':
        throw new NotUnderstood('a row is expanded to columns that are not known');
      case 'subquery':
        return this.#subquery(expression, place);
      case 'operation':
        return this.all(expression.operands, place).through('TRANSFORMATION');
      case 'unsupported':
        throw new NotUnderstood(`${expression.what} is not supported`);
    }
  }

  /** The sources of several values together. */
  all(expressions: readonly (Expression | undefined)[], place: Place): Flow {
    return Flow.union(expressions.map((part) => (part === undefined ? Flow.none : this.flow(part, place))));
  }

  /** The item whose whole row an expression is, such as `t`, `t.*` or `(t)`. */
  rowItem(expression: Expression, scope: Scope): RangeItem | undefined {
    if (expression.kind === 'star' && expression.path.length > 0) return scope.item(expression.path);
    if (expression.kind !== 'column') return undefined;
    const found = scope.resolve(expression.path);
    return 'flow' in found ? undefined : found;
  }

  /** The sources of a window's keys. */
  window(window: Window, place: Place): Flow {
    const base = window.base === undefined ? undefined : place.windows.find(({ name }) => name === window.base);
    if (window.base !== undefined && base === undefined)
      throw new NotUnderstood(`the window "${window.base}" is not known`);
    return Flow.union([
      this.all(window.expressions, place).as('WINDOW'),
      base === undefined ? Flow.none : this.window(base, place),
    ]);
  }

  #call(call: Call, place: Place): Flow {
    const isAggregate = call.isAggregate || this.#catalog.isAggregate(call.path);
    return Flow.union([
      this.all(call.args, place).through(isAggregate ? 'AGGREGATION' : 'TRANSFORMATION'),
      this.all(call.orderBy, place).as('SORT'),
      this.all([call.filter], place).as('FILTER'),
      call.over === undefined ? Flow.none : this.window(call.over, place),
    ]);
  }

  #field(operand: Expression, name: string, place: Place): Flow {
    const row = this.rowItem(operand, place.scope);
    if (row === undefined) return this.flow(operand, place).through('TRANSFORMATION');
    const columns = row.columns.filter((column) => column.name === name);
    const [column] = columns;
    if (column === undefined || columns.length > 1) throw new NotUnderstood(`the field "${name}" is not known`);
    return this.#trace.use(column);
  }

  #subquery(expression: Extract<Expression, { kind: 'subquery' }>, place: Place): Flow {
    const { columns, rows } = this.#query(expression.query, place.scope);
    if (expression.form === 'exists') return rows;
    const values = Flow.union([...columns.map(({ flow }) => flow), this.all([expression.operand], place)]);
    return Flow.union([values.through('TRANSFORMATION'), rows]);
  }
}
