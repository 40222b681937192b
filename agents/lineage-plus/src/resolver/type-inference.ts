import type { Call, Expression, Operation, Query, Subquery, TypeName } from '../sql/ast.ts';
import { type Arguments, callable, chooseOperator, chooseRoutine } from '../types/choose-routine.ts';
import { meetingType } from '../types/meeting-type.ts';
import { polymorphicResult } from '../types/polymorphic-result.ts';
import type { Routine } from '../types/routine.ts';
import { baseOf, type Field, isBuiltIn, type SqlType, type TypeInfo } from '../types/sql-type.ts';
import type { Catalog, Column } from './catalog.ts';
import { once } from './once.ts';
import type { Place, RangeItem, Scope, Table } from './scope.ts';
import type { Trace } from './trace.ts';

/**
 * The types of expressions by PostgreSQL's own rules. They matter where it converts a value without showing that: in merged
 * join columns, set operations and VALUES; and where a name means different functions. Undefined is "not known", never a guess.
 */
export class TypeInference {
  readonly #catalog: Catalog;
  readonly #trace: Trace;
  readonly #query: (query: Query, outer: Scope) => Table;

  constructor(catalog: Catalog, trace: Trace, query: (query: Query, outer: Scope) => Table) {
    this.#catalog = catalog;
    this.#trace = trace;
    this.#query = query;
  }

  /** The type of an expression, worked out when first asked for. */
  later(expression: Expression, place: Place): () => SqlType | undefined {
    return once(() => this.of(expression, place));
  }

  of(expression: Expression, place: Place): SqlType | undefined {
    return this.#trace.quietly(() => this.#of(expression, place));
  }

  isOf(expression: Expression, typeName: TypeName, place: Place): boolean {
    const [type, named] = [this.of(expression, place), this.#catalog.types.named(typeName)];
    return type !== undefined && type.info === named?.info && type.modifiers === named.modifiers;
  }

  common(types: readonly (SqlType | undefined)[]): SqlType | undefined {
    return meetingType(types, this.#catalog.types);
  }

  /** The functions that a call may mean: one if that is certain, none if the name is not known. */
  routines(call: Call, place: Place): readonly Routine[] {
    const args = this.#arguments(call, place);
    return callable(this.#catalog.types.routines(call.path), args).map(({ entry }) => entry);
  }

  /** The one function that a call means. */
  routine(call: Call, place: Place): Routine | undefined {
    return this.#chosen(call, place)?.entry;
  }

  /** The columns of a row, as `(row).*` or a function in FROM gives them. Undefined for other values. */
  fields(expression: Expression, place: Place): readonly Field[] | undefined {
    const type = this.of(expression, place);
    return type && this.#catalog.fieldsOf(type);
  }

  /** The column that a field is of, where the row's type is that of a relation. */
  storedField(row: Expression, name: string, place: Place): Column | undefined {
    const type = this.of(row, place);
    return type && this.#catalog.rowsRelation(type)?.columns.find((column) => column.name === name);
  }

  #of(expression: Expression, place: Place): SqlType | undefined {
    const { types } = this.#catalog;
    switch (expression.kind) {
      case 'column': {
        const found = place.scope.resolve(expression.path, expression.at);
        return 'flow' in found ? found.type() : this.rowType(found);
      }
      case 'star':
        return this.rowType(place.scope.item(expression.path, expression.at));
      case 'literal':
        return types.builtIn(expression.type);
      case 'call':
        return this.#call(expression, place);
      case 'case': {
        // As in PostgreSQL, the type of ELSE is looked at first; a CASE without ELSE has an ELSE NULL.
        const { otherwise, branches } = expression;
        const last = otherwise === undefined ? types.builtIn('unknown') : this.of(otherwise, place);
        return this.common([last, ...branches.map(({ result }) => this.of(result, place))]);
      }
      case 'cast':
        return types.named(expression.type);
      case 'field':
        return this.fields(expression.operand, place)?.find(({ name }) => name === expression.name)?.type;
      case 'subquery':
        return this.#subquery(expression, place);
      case 'operation':
        return this.#operation(expression, place);
      case 'expand':
      case 'unsupported':
        return undefined;
    }
  }

  rowType(item: RangeItem): SqlType | undefined {
    if (item.rowType !== undefined) return { info: item.rowType, modifiers: '' };
    const record = this.#catalog.types.builtIn('record');
    if (record === undefined || item.open !== undefined) return undefined;
    return { ...record, fields: item.columns.map(({ name, type }) => ({ name, type: type() })) };
  }

  #call(call: Call, place: Place): SqlType | undefined {
    if (call.path.length === 1 && call.isAggregate && call.path[0]?.startsWith('json_'))
      return this.#catalog.types.builtIn('json');
    const chosen = this.#chosen(call, place);
    const { types } = this.#catalog;
    if (chosen === undefined) {
      // A name of a type is a cast, a name of a field is that field.
      const field = call.args[0] && this.fields(call.args[0], place)?.find(({ name }) => name === call.path[0]);
      return field === undefined ? undefined : field.type;
    }
    const { entry, parameters } = chosen;
    const given = (result: TypeInfo) => {
      const isPlain = result.kind !== 'pseudo' || !result.name.startsWith('any');
      const args = isPlain ? [] : this.#types(call.args, place);
      return args && polymorphicResult(result, parameters, args, types);
    };
    const record = entry.outputs.length > 1 ? types.builtIn('record') : undefined;
    if (record === undefined) return given(entry.result);
    return { ...record, fields: entry.outputs.map(({ name, type }) => ({ name, type: type && given(type.info) })) };
  }

  #chosen(call: Call, place: Place) {
    const args = this.#arguments(call, place);
    const { types } = this.#catalog;
    return chooseRoutine(callable(types.routines(call.path), args), args, types);
  }

  #arguments(call: Call, place: Place): Arguments {
    return {
      count: call.args.length,
      names: call.argNames,
      isVariadic: call.isVariadic,
      types: () => this.#types(call.args, place),
    };
  }

  #types(expressions: readonly Expression[], place: Place): readonly SqlType[] | undefined {
    const types = expressions.map((part) => this.of(part, place));
    const known = types.filter((type) => type !== undefined);
    return known.length === types.length ? known : undefined;
  }

  #common(expressions: readonly Expression[], place: Place): SqlType | undefined {
    return this.common(expressions.map((part) => this.of(part, place)));
  }

  #subquery({ form, query }: Subquery, place: Place): SqlType | undefined {
    const { types } = this.#catalog;
    if (form === 'exists' || form === 'test') return types.builtIn('bool');
    // It may be told to return another type, which is not kept.
    if (form === 'json array') return undefined;
    const type = settled(this.#query(query, place.scope).columns[0]?.type(), this.#catalog);
    if (form === 'scalar' || type === undefined) return type;
    const array = type.info.array;
    return array && { info: array, modifiers: type.modifiers };
  }

  #operation({ result, operands }: Operation, place: Place): SqlType | undefined {
    const { types } = this.#catalog;
    const [first] = operands;
    switch (result.rule) {
      case 'type':
        return types.named(result.type);
      case 'operator': {
        const known = this.#types(operands, place);
        const chosen = known && chooseOperator(types.operators(result.path), known, types);
        return chosen && known && polymorphicResult(chosen.entry.result, chosen.parameters, known, types);
      }
      case 'nullif':
        return this.#nullif(operands, place);
      case 'common':
        return this.#common(operands, place);
      case 'array':
        return this.#array(operands, place);
      case 'row': {
        const record = types.builtIn('record');
        // A star stands for columns, so the fields cannot be counted here.
        if (operands.some(({ kind }) => kind === 'star' || kind === 'expand')) return record;
        const fields = operands.map((part, index) => ({ name: `f${index + 1}`, type: this.of(part, place) }));
        return record && { ...record, fields };
      }
      case 'first':
        return first && this.of(first, place);
      case 'element': {
        const type = first && this.of(first, place);
        if (type === undefined) return undefined;
        const info = baseOf(type.info);
        // A subscript of jsonb gives jsonb.
        if (info.element === undefined) return isBuiltIn(info, 'jsonb') ? type : undefined;
        return { info: info.element, modifiers: type.modifiers };
      }
      case 'none':
        return undefined;
    }
  }

  /** The first operand, as the "=" that compares the two takes it. */
  #nullif(operands: readonly Expression[], place: Place): SqlType | undefined {
    const { types } = this.#catalog;
    const known = this.#types(operands, place);
    const chosen = known && chooseOperator(types.operators(['=']), known, types);
    const [first] = known ?? [];
    const [taken] = chosen?.parameters ?? [];
    if (first === undefined || taken === undefined) return undefined;
    return taken === first.info || taken.kind === 'pseudo' ? first : { info: taken, modifiers: '' };
  }

  #array(elements: readonly Expression[], place: Place): SqlType | undefined {
    const common = this.#common(elements, place);
    if (common === undefined) return undefined;
    // An array of arrays is one array of more dimensions.
    if (common.info.category === 'A') return common;
    return common.info.array && { info: common.info.array, modifiers: common.modifiers };
  }

  /** Whether a function of this name takes a row of that item: then `t.f` and `f(t)` call it. */
  takesRow(item: RangeItem, name: string): boolean {
    const { types } = this.#catalog;
    const routines = types.routines([name]).filter(({ parameters }) => parameters.length === 1);
    if (routines.length === 0) return false;
    const row = this.rowType(item);
    const takes = (info: TypeInfo | undefined) =>
      row !== undefined && info !== undefined && types.isImplicit(row.info, info);
    return routines.some(({ parameters: [only] }) => takes(only));
  }
}

/** A literal whose type nothing settled is text, once a query is over. */
export function settled(type: SqlType | undefined, catalog: Catalog): SqlType | undefined {
  return type !== undefined && isBuiltIn(type.info, 'unknown') ? catalog.types.builtIn('text') : type;
}
