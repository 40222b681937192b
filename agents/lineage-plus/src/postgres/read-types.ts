import { parseTypeName } from '../sql/type-name-reader.ts';
import type { Operator, Routine } from '../types/routine.ts';
import type { Field, SqlType, TypeInfo, TypeKind } from '../types/sql-type.ts';
import { TypeCatalog } from '../types/type-catalog.ts';
import type { SourceReader } from './source-session.ts';

/** Reads the types, functions, operators and conversions of a database: a few thousand rows, most of them PostgreSQL's own. */
export async function readTypes(session: SourceReader, searchPath: readonly string[]): Promise<TypeCatalog> {
  const types = linkTypes(
    await session.rows<TypeRow>(typesSql),
    await session.rows<FieldRow>(fieldsSql),
    await session.rows<RangeRow>(rangesSql),
  );
  const known = (id: number) => types.get(id);
  const routines = (await session.rows<RoutineRow>(routinesSql)).flatMap((row) => toRoutine(row, known) ?? []);
  const operators = new Map<string, Operator[]>();
  for (const { schema, name, parameters, result } of await session.rows<OperatorRow>(operatorsSql)) {
    const operator = { schema, parameters: parameters.flatMap((id) => known(id) ?? []), result: known(result) };
    if (operator.result === undefined || operator.parameters.length < parameters.length) continue;
    const entries = operators.get(name) ?? [];
    entries.push({ ...operator, result: operator.result });
    operators.set(name, entries);
  }
  const casts = (await session.rows<CastRow>(castsSql)).flatMap(({ source, target }) => {
    const [from, to] = [known(source), known(target)];
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
  return new TypeCatalog(
    { types: types.values(), routines, operators, implicitCasts: casts },
    searchPath,
    parseTypeName,
  );
}

interface TypeRow {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly category: string;
  readonly preferred: boolean;
  readonly element: number;
  readonly array_id: number;
  readonly base: number;
  readonly base_text: string | null;
}
interface FieldRow {
  readonly owner: number;
  readonly name: string;
  readonly type: number;
  readonly text: string;
}
interface RangeRow {
  readonly range: number;
  readonly subtype: number;
  readonly multirange: number | null;
}
interface RoutineRow {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly returns_set: boolean;
  readonly parameters: number[];
  readonly defaults: number;
  readonly variadic: number;
  readonly result: number;
  readonly all_types: number[] | null;
  readonly modes: string[] | null;
  readonly names: string[] | null;
}
interface OperatorRow {
  readonly schema: string;
  readonly name: string;
  readonly parameters: number[];
  readonly result: number;
}
interface CastRow {
  readonly source: number;
  readonly target: number;
}

// TOAST tables have rows too, which nobody names.
const typesSql = `
  SELECT t.oid AS id, n.nspname AS schema, t.typname AS name, t.typtype AS kind, t.typcategory AS category,
    t.typispreferred AS preferred, t.typelem AS element, t.typarray AS array_id, t.typbasetype AS base,
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base_text
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname !~ '^pg_(temp|toast)'`;
const fieldsSql = `
  SELECT c.reltype AS owner, a.attname AS name, a.atttypid AS type, format_type(a.atttypid, a.atttypmod) AS text
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  WHERE c.relkind = 'c' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.oid, a.attnum`;
// Multiranges came with PostgreSQL 14; to_jsonb, so that the query is one for all versions.
const rangesSql = `
  SELECT rngtypid AS range, rngsubtype AS subtype, (to_jsonb(r) ->> 'rngmultitypid')::int8::oid AS multirange
  FROM pg_range r`;
const routinesSql = `
  SELECT n.nspname AS schema, p.proname AS name, p.prokind AS kind, p.proretset AS returns_set,
    p.proargtypes::oid[] AS parameters, p.pronargdefaults AS defaults, p.provariadic AS variadic,
    p.prorettype AS result, p.proallargtypes AS all_types, p.proargmodes::text[] AS modes, p.proargnames AS names
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.prokind <> 'p'`;
const operatorsSql = `
  SELECT n.nspname AS schema, o.oprname AS name, o.oprresult AS result,
    CASE WHEN o.oprleft = 0 THEN ARRAY[o.oprright] ELSE ARRAY[o.oprleft, o.oprright] END AS parameters
  FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oprright <> 0 AND o.oprresult <> 0`;
const castsSql = `SELECT castsource AS source, casttarget AS target FROM pg_cast WHERE castcontext = 'i'`;

const kinds: Record<string, TypeKind> = {
  b: 'base',
  c: 'composite',
  d: 'domain',
  e: 'enum',
  p: 'pseudo',
  r: 'range',
  m: 'multirange',
};
const routineKinds: Record<string, Routine['kind']> = { a: 'aggregate', w: 'window' };

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function linkTypes(rows: readonly TypeRow[], fields: readonly FieldRow[], ranges: readonly RangeRow[]) {
  const types = new Map<number, Writable<TypeInfo>>(
    rows.map(({ id, schema, name, kind, category, preferred }) => [
      id,
      {
        schema,
        name,
        kind: kinds[kind] ?? 'base',
        category,
        isPreferred: preferred,
        element: undefined,
        array: undefined,
        base: undefined,
        subtype: undefined,
        counterpart: undefined,
        fields: undefined,
      },
    ]),
  );
  const typeOf = (id: number, text: string): SqlType | undefined => {
    const info = types.get(id);
    return info && { info, modifiers: parseTypeName(text)?.modifiers ?? '' };
  };
  for (const { id, element, array_id: array, base, base_text: text } of rows) {
    const type = types.get(id);
    if (type === undefined) continue;
    type.element = types.get(element);
    type.array = types.get(array);
    type.base = text === null ? undefined : typeOf(base, text);
  }
  for (const [owner, own] of Map.groupBy(fields, (field) => field.owner)) {
    const type = types.get(owner);
    if (type !== undefined) type.fields = own.map(({ name, type: id, text }) => ({ name, type: typeOf(id, text) }));
  }
  for (const { range, subtype, multirange } of ranges) {
    const [single, many] = [types.get(range), types.get(multirange ?? 0)];
    if (single !== undefined) Object.assign(single, { subtype: types.get(subtype), counterpart: many });
    if (many !== undefined) Object.assign(many, { subtype: types.get(subtype), counterpart: single });
  }
  return types as ReadonlyMap<number, TypeInfo>;
}

function toRoutine(row: RoutineRow, known: (id: number) => TypeInfo | undefined): Routine | undefined {
  const parameters = row.parameters.flatMap((id) => known(id) ?? []);
  const result = known(row.result);
  if (result === undefined || parameters.length < row.parameters.length) return undefined;
  const modes = row.modes ?? [];
  const named = (index: number) => row.names?.[index] ?? '';
  const outputs: Field[] = modes.flatMap((mode, index) => {
    const info = known(row.all_types?.[index] ?? 0);
    return 'obt'.includes(mode) ? [{ name: named(index), type: info && { info, modifiers: '' } }] : [];
  });
  const inputs =
    row.modes === null ? (row.names ?? []) : modes.flatMap((mode, i) => ('ibv'.includes(mode) ? named(i) : []));
  return {
    schema: row.schema,
    name: row.name,
    kind: routineKinds[row.kind] ?? 'function',
    parameters,
    result,
    outputs,
    returnsSet: row.returns_set,
    defaults: row.defaults,
    parameterNames: inputs,
    variadic: known(row.variadic),
  };
}
