import { parseTypeName } from '../sql/type-name-reader.ts';
import type { Operator, Routine } from '../types/routine.ts';
import type { TypeInfo } from '../types/sql-type.ts';
import { TypeCatalog } from '../types/type-catalog.ts';

// name, category, and ! for the preferred one.
const typeList =
  'int2 N, int4 N, int8 N, numeric N, float8 N!, text S!, varchar S, bpchar S, bool B!, jsonb U, json U, xml U, date D, ' +
  'timestamptz D!, unknown X, record P, any P, anyelement P, anyarray P, anynonarray P';
const castList =
  'int2>int4 int2>int8 int2>numeric int2>float8 int4>int8 int4>numeric int4>float8 int8>numeric int8>float8 ' +
  'numeric>float8 varchar>text bpchar>text text>varchar bpchar>varchar text>bpchar varchar>bpchar date>timestamptz';
const routineList = [
  'aggregate sum(int4) int8',
  'aggregate sum(int8) numeric',
  'aggregate sum(numeric) numeric',
  'aggregate count(any) int8',
  'aggregate count() int8',
  'aggregate min(text) text',
  'aggregate min(int4) int4',
  'aggregate max(int4) int4',
  'aggregate max(text) text',
  'aggregate string_agg(text,text) text',
  'aggregate array_agg(anynonarray) anyarray',
  'aggregate middle(text) text',
  'function middle(int4) int4',
  'window row_number() int8',
  'function lower(text) text',
  'function upper(text) text',
  'function to_jsonb(anyelement) jsonb',
  'function now() timestamptz',
  'set unnest(anyarray) anyelement',
  'set generate_series(int4,int4) int4',
  'set json_each(jsonb) record',
];
const operatorList = ['int4 + int4 int4', 'int8 + int8 int8', 'text || text text', 'jsonb ->> text text'];

/** Some of PostgreSQL's own types and functions, for tests that need no database. */
export function fewTypes(searchPath: readonly string[]): TypeCatalog {
  const types = new Map<string, TypeInfo>();
  const shape = {
    schema: 'pg_catalog',
    base: undefined,
    subtype: undefined,
    counterpart: undefined,
    fields: undefined,
  };
  for (const entry of typeList.split(', ')) {
    const [name = '', category = ''] = entry.split(' ');
    const kind = category === 'P' ? 'pseudo' : 'base';
    const own = { ...shape, name, kind, category: category.charAt(0), isPreferred: category.endsWith('!') } as const;
    const array = {
      ...shape,
      name: `_${name}`,
      kind: 'base',
      category: 'A',
      isPreferred: false,
      array: undefined,
    } as const;
    const element = { ...own, element: undefined, array: array as TypeInfo };
    types.set(name, element);
    types.set(`_${name}`, Object.assign(array, { element }));
  }
  const known = (name: string) => types.get(name) as TypeInfo;
  const routines = routineList.map((text): Routine => {
    const [, kind = '', name = '', parameters = '', result = ''] = /^(\w+) (\w+)\((.*)\) (\w+)$/.exec(text) ?? [];
    return {
      schema: 'pg_catalog',
      name,
      returnsSet: kind === 'set',
      defaults: 0,
      variadic: undefined,
      outputs: [],
      kind: kind === 'set' ? 'function' : (kind as Routine['kind']),
      parameters: parameters === '' ? [] : parameters.split(',').map(known),
      parameterNames: [],
      result: known(result),
    };
  });
  const operators = new Map<string, Operator[]>();
  for (const text of operatorList) {
    const [left = '', name = '', right = '', result = ''] = text.split(' ');
    const operator = { schema: 'pg_catalog', parameters: [known(left), known(right)], result: known(result) };
    operators.set(name, [...(operators.get(name) ?? []), operator]);
  }
  const implicitCasts = castList.split(' ').map((pair) => {
    const [source = '', target = ''] = pair.split('>');
    return [known(source), known(target)] as const;
  });
  return new TypeCatalog({ types: types.values(), routines, operators, implicitCasts }, searchPath, parseTypeName);
}
