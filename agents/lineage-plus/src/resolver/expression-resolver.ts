import type { Call, Expression, Operation, Query, Subquery, TypeName, Window } from '../sql/ast.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import { columnOf, type Place, type RangeColumn, type RangeItem, type Scope, type Table } from './scope.ts';
import type { Trace } from './trace.ts';
import type { TypeInference } from './type-inference.ts';

/** Tells which columns a value comes from, and how. Throws NotUnderstood. */
export class ExpressionResolver {
  readonly #types: TypeInference;
  readonly #trace: Trace;
  readonly #query: (query: Query, outer: Scope) => Table;

  /** @param query resolves the subqueries of expressions */
  constructor(types: TypeInference, trace: Trace, query: (query: Query, outer: Scope) => Table) {
    this.#types = types;
    this.#trace = trace;
    this.#query = query;
  }

  /** The sources of one value; IDENTITY only where a column is passed on as it is. */
  flow(expression: Expression, place: Place): Flow {
    switch (expression.kind) {
      case 'column': {
        const found = this.#named(expression, place.scope);
        return 'flow' in found ? this.#trace.use(found, expression.at) : this.#trace.useRow(found, expression.at);
      }
      case 'star':
        return this.#trace.useRow(place.scope.item(expression.path, expression.at), expression.at);
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
        return this.#cast(expression.operand, expression.type, place);
      case 'field':
        return this.#field(expression.operand, expression.name, place);
      case 'expand':
        // `(p).*` where one value is expected, as in ROW((p).*): it stands for all fields of p.
        return this.flow(expression.operand, place).through('TRANSFORMATION');
      case 'subquery':
        return this.#subquery(expression, place);
      case 'operation':
        return this.#operation(expression, place);
      case 'unsupported':
        throw new NotUnderstood(`${expression.what} is not supported`, expression.at);
    }
  }

  /** A cast to the type that the value already has changes nothing. */
  #cast(operand: Expression, typeName: TypeName, place: Place): Flow {
    const flow = this.flow(operand, place);
    const isCast = !flow.has('IDENTITY') || !this.#types.isOf(operand, typeName, place);
    return isCast ? flow.through('TRANSFORMATION') : flow;
  }

  #operation({ operands, result }: Operation, place: Place): Flow {
    const flow = this.all(operands, place).through('TRANSFORMATION');
    // In ROW(…) a star stands for columns, in all other values for one row.
    const stars = result.rule === 'row' ? operands.filter(({ kind }) => kind === 'star') : [];
    for (const star of stars)
      for (const column of this.rowItem(star, place.scope)?.columns ?? []) this.#trace.use(column);
    return flow;
  }

  /** The sources of several values together. One that is not understood is noted and costs the others nothing. */
  all(expressions: readonly (Expression | undefined)[], place: Place): Flow {
    return Flow.union(
      expressions.map((part) =>
        part === undefined ? Flow.none : (this.#trace.keep(() => this.flow(part, place)) ?? Flow.none),
      ),
    );
  }

  /** The item whose whole row an expression is, such as `t`, `t.*` or `(t)`. */
  rowItem(expression: Expression, scope: Scope): RangeItem | undefined {
    if (expression.kind === 'star' && expression.path.length > 0) return scope.item(expression.path, expression.at);
    if (expression.kind !== 'column') return undefined;
    const found = this.#named(expression, scope);
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

  /** What a set-returning function in a value is given: it decides how many rows there are. */
  setArguments(expression: Expression, place: Place): Flow {
    if (expression.kind === 'call' && this.#returnsSet(expression, place)) return this.all(expression.args, place);
    return Flow.union(operandsOf(expression).map((operand) => this.setArguments(operand, place)));
  }

  /** Whether a call gives a set of rows; undefined for a function that is not known. */
  #returnsSet(call: Call, place: Place): boolean {
    const routines = this.#types.routines(call, place);
    if (!routines.some(({ returnsSet }) => returnsSet)) return false;
    if (routines.every(({ returnsSet }) => returnsSet)) return true;
    const routine = this.#types.routine(call, place);
    if (routine === undefined)
      throw new NotUnderstood(`which function "${call.path.join('.')}" is cannot be told`, call.at);
    return routine.returnsSet;
  }

  #call(call: Call, place: Place): Flow {
    const field = this.#fieldByCall(call, place);
    if (field !== undefined) return this.#trace.use(field, call.at);
    return Flow.union([
      this.all(call.args, place).through(this.#isAggregate(call, place) ? 'AGGREGATION' : 'TRANSFORMATION'),
      this.all(call.orderBy, place).as('SORT'),
      this.all([call.filter], place).as('FILTER'),
      call.over === undefined ? Flow.none : this.window(call.over, place),
    ]);
  }

  #isAggregate(call: Call, place: Place): boolean {
    // Only aggregates take these, of window functions too.
    if (call.isAggregate || call.filter !== undefined || call.orderBy.length > 0) return true;
    const routines = this.#types.routines(call, place);
    if (!routines.some(({ kind }) => kind === 'aggregate')) return false;
    if (routines.every(({ kind }) => kind === 'aggregate')) return true;
    const routine = this.#types.routine(call, place);
    if (routine === undefined)
      throw new NotUnderstood(`whether "${call.path.join('.')}" is an aggregate cannot be told`, call.at);
    return routine.kind === 'aggregate';
  }

  /** `f(t)`, where no function f takes a row of t, is another way to write `t.f`. */
  #fieldByCall(call: Call, place: Place): RangeColumn | undefined {
    const [name, schema] = call.path;
    const [only, second] = call.args;
    if (name === undefined || schema !== undefined || only === undefined || second !== undefined) return undefined;
    const row = this.rowItem(only, place.scope);
    const column = row && this.#trace.quietly(() => columnOf(row, name, call.at));
    if (row === undefined || column === undefined) return undefined;
    return this.#types.takesRow(row, name) ? undefined : column;
  }

  /** A column or a whole row. `t.f`, where t has no column f, may be a function f of t's row. */
  #named({ path, at }: Extract<Expression, { kind: 'column' }>, scope: Scope): RangeColumn | RangeItem {
    const [name = ''] = path.slice(-1);
    if (path.length > 1) {
      const item = scope.item(path.slice(0, -1), at);
      if (columnOf(item, name, at) === undefined && this.#types.takesRow(item, name)) return item;
    }
    return scope.resolve(path, at);
  }

  #field(operand: Expression, name: string, place: Place): Flow {
    const row = this.rowItem(operand, place.scope);
    if (row === undefined) {
      this.referField(operand, name, place);
      return this.flow(operand, place).through('TRANSFORMATION');
    }
    const at = 'at' in operand ? operand.at : undefined;
    const column = columnOf(row, name, at);
    if (column !== undefined) return this.#trace.use(column, at);
    if (this.#types.takesRow(row, name)) return this.#trace.useRow(row, at);
    throw new NotUnderstood(`the field "${name}" is not known`, at);
  }

  /** A field of a row of some relation's type depends on that relation's column, without taking a value from it. */
  referField(row: Expression, name: string, place: Place): void {
    const column = this.#types.storedField(row, name, place);
    if (column !== undefined) this.#trace.references.add(column);
  }

  #subquery(expression: Subquery, place: Place): Flow {
    const { columns, rows, open } = this.#query(expression.query, place.scope);
    if (expression.form === 'exists') return rows;
    if (open !== undefined) this.#trace.note(open);
    const inner = columns.map((column) => this.#trace.use(column));
    const values = Flow.union([...inner, this.all([expression.operand], place)]);
    const step = expression.form === 'json array' ? 'AGGREGATION' : 'TRANSFORMATION';
    return Flow.union([values.through(step), rows]);
  }
}

/** What stands directly in a value, without the queries and windows in it. */
function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call':
      return expression.args;
    case 'case':
      return [];
    case 'cast':
    case 'field':
    case 'expand':
      return [expression.operand];
    case 'operation':
      return expression.operands;
    case 'column':
    case 'star':
    case 'literal':
    case 'subquery':
    case 'unsupported':
      return [];
  }
}
