/** As much of JSON Schema as the routes' schemas make. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  description?: string;
  default?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
}

export interface SchemaRow {
  /** `settings.timeoutMs`, `lines[].text`. */
  path: string;
  type: string;
  isRequired: boolean;
  about: string;
}

const deepest = 5;
const longestPattern = 60;
/** What Zod gives to every integer says nothing. */
const safeIntegers = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

/** The fields of a schema, those of its objects and lists below them. */
export function rowsOf(schema: Schema, prefix = '', depth = 0): SchemaRow[] {
  if (depth > deepest) return [];
  const rows: SchemaRow[] = [];
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const path = prefix + name;
    const isRequired = schema.required?.includes(name) ?? false;
    rows.push({ path, type: typeOf(field), isRequired, about: aboutOf(field) }, ...below(field, path, depth));
  }
  for (const choice of choicesOf(schema)) rows.push(...rowsOf(choice, prefix, depth + 1));
  if (schema.items && prefix === '') rows.push(...rowsOf(schema.items, '[].', depth + 1));
  return rows;
}

function below(field: Schema, path: string, depth: number): SchemaRow[] {
  if (field.items) return [...rowsOf(field.items, `${path}[].`, depth + 1)];
  if (field.properties) return rowsOf(field, `${path}.`, depth + 1);
  return choicesOf(field).flatMap((choice) => below(choice, path, depth + 1));
}

const choicesOf = ({ anyOf, oneOf, allOf }: Schema): Schema[] => anyOf ?? oneOf ?? allOf ?? [];

export function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.split('/').at(-1) ?? '';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (choicesOf(schema).length > 0) return [...new Set(choicesOf(schema).map(typeOf))].join(' | ');
  if (schema.items) return `${typeOf(schema.items)}[]`;
  if (typeof schema.additionalProperties === 'object') return `{ [name]: ${typeOf(schema.additionalProperties)} }`;
  return [schema.type ?? 'any'].flat().join(' | ');
}

export function aboutOf(schema: Schema): string {
  const limits: [string, unknown][] = [
    ['at least', meaningful(schema.minimum)],
    ['at most', meaningful(schema.maximum)],
    ['characters at least', schema.minLength],
    ['characters at most', schema.maxLength],
    ['entries at most', schema.maxItems],
  ];
  const parts = [
    schema.description?.replace(/\.$/, ''),
    schema.format,
    schema.pattern && !schema.format && schema.pattern.length <= longestPattern ? schema.pattern : undefined,
    ...limits.map(([word, value]) => (value === undefined ? undefined : `${word} ${value}`)),
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
    ...choicesOf(schema).map(aboutOf),
  ];
  return [...new Set(parts.filter(Boolean))].join('; ');
}

const meaningful = (limit: number | undefined) =>
  limit === undefined || safeIntegers.includes(limit) ? undefined : limit;
