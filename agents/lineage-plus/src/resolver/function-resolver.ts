import type { Call, Expression, FunctionItem } from '../sql/ast.ts';
import type { Field, SqlType } from '../types/sql-type.ts';
import type { Catalog, Column } from './catalog.ts';
import { columnName } from './column-name.ts';
import type { ExpressionResolver } from './expression-resolver.ts';
import { Flow } from './flow.ts';
import type { Place, RangeColumn, Scope } from './scope.ts';
import type { Trace } from './trace.ts';
import type { TypeInference } from './type-inference.ts';

/** What functions in FROM offer. */
interface FunctionRows {
  readonly columns: readonly RangeColumn[];
  /** The item's name where it has no alias. */
  readonly name: string;
  readonly rows: Flow;
  readonly open: string | undefined;
}

/** The columns of one function; undefined where they cannot be told. */
type Columns = readonly (Field & { readonly base?: Column | undefined })[] | undefined;

const unknownColumns = 'functions in FROM have columns that are not known';

/** Resolves functions in FROM, single ones and those of ROWS FROM (…). */
export class FunctionResolver {
  readonly #catalog: Catalog;
  readonly #trace: Trace;
  readonly #expressions: ExpressionResolver;
  readonly #types: TypeInference;

  constructor(catalog: Catalog, trace: Trace, expressions: ExpressionResolver, types: TypeInference) {
    this.#catalog = catalog;
    this.#trace = trace;
    this.#expressions = expressions;
    this.#types = types;
  }

  item(item: FunctionItem, scope: Scope): FunctionRows {
    const place = { scope, windows: [] };
    // Several arguments of unnest are several functions.
    const calls = item.calls.flatMap((call) =>
      isUnnestOfSeveral(call.expression)
        ? call.expression.args.map((arg) => ({ ...call, expression: unnestOf(call.expression as Call, arg) }))
        : [call],
    );
    const columns: RangeColumn[] = [];
    let open: string | undefined;
    const rows: Flow[] = [];
    for (const call of calls) {
      const { value: flow = Flow.none, unclear } = this.#trace.attempt('FROM', () =>
        this.#expressions.flow(call.expression, place).through('TRANSFORMATION'),
      );
      if (this.#decidesOnRows(call.expression, place)) rows.push(flow.as('JOIN'));
      const found = this.#columns(call, item, calls.length, place) ?? this.#listed(call.expression, item, calls.length);
      if (found === undefined) open = unknownColumns;
      // Columns after unknown ones cannot be found by position, those before can.
      if (found === undefined || open !== undefined) continue;
      columns.push(...found.map(({ name, type, base }) => ({ name, flow, type: () => type, base, unclear })));
    }
    if (item.ordinality && open === undefined) {
      const type = this.#catalog.types.builtIn('int8');
      columns.push({ name: 'ordinality', flow: Flow.none, type: () => type, base: undefined });
    }
    if (item.aliasColumns.length > columns.length) open = unknownColumns;
    const [first] = item.calls;
    return { columns, open, rows: Flow.union(rows), name: first === undefined ? '' : columnName(first.expression) };
  }

  /** Whether the call decides how many rows there are: not if it always gives one. An unknown function is assumed to. */
  #decidesOnRows(expression: Expression, place: Place): boolean {
    if (expression.kind !== 'call') return false;
    const routines = this.#types.routines(expression, place);
    if (routines.every(({ returnsSet }) => !returnsSet)) return routines.length === 0;
    return (
      routines.every(({ returnsSet }) => returnsSet) || this.#types.routine(expression, place)?.returnsSet !== false
    );
  }

  #columns(
    { expression, columns }: FunctionItem['calls'][number],
    item: FunctionItem,
    count: number,
    place: Place,
  ): Columns {
    if (columns.length > 0)
      return columns.map(({ name, type }) => ({ name, type: type && this.#catalog.types.named(type) }));
    const type = this.#types.of(expression, place);
    if (type === undefined) return undefined;
    const fields = this.#catalog.fieldsOf(type);
    const row = this.#catalog.rowsRelation(type);
    if (fields !== undefined) return fields.map((field, index) => ({ ...field, base: row?.columns[index] }));
    if (type.info.name === 'record' || type.info.kind === 'composite') return undefined;
    return [{ name: this.#scalarName(expression, item, count, place), type: elementary(type) }];
  }

  /** A single value is named by its OUT parameter, else by the alias, else by the function. */
  #scalarName(expression: Expression, item: FunctionItem, count: number, place: Place): string {
    const routine = expression.kind === 'call' ? this.#types.routine(expression, place) : undefined;
    const [output] = routine?.outputs ?? [];
    if (output !== undefined && output.name !== '') return output.name;
    return (count === 1 ? item.alias : undefined) ?? columnName(expression);
  }

  /** Of one function that is not known, the alias's list tells the columns, which all come from all its arguments. */
  #listed(expression: Expression, item: FunctionItem, count: number): Columns {
    if (count > 1 || (expression.kind === 'call' && this.#catalog.types.routines(expression.path).length > 0))
      return undefined;
    const listed = item.aliasColumns.length - (item.ordinality ? 1 : 0);
    const name = item.alias ?? columnName(expression);
    return Array.from({ length: Math.max(1, listed) }, () => ({ name, type: undefined }));
  }
}

function elementary(type: SqlType): SqlType {
  return { info: type.info, modifiers: type.modifiers };
}

function isUnnestOfSeveral(expression: Expression): expression is Call {
  return (
    expression.kind === 'call' &&
    /^(pg_catalog\.)?unnest$/.test(expression.path.join('.')) &&
    expression.args.length > 1
  );
}

function unnestOf(call: Call, arg: Expression): Call {
  return { ...call, args: [arg], argNames: [undefined] };
}
