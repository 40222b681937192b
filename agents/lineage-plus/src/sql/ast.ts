/**
 * The part of a SELECT that lineage needs, free of any parser's own tree. Names are as the database stores them (already
 * folded); a path is `[column]`, `[table, column]` or `[schema, table, column]`.
 */
export interface Query {
  readonly ctes: readonly Cte[];
  /** WITH RECURSIVE: every CTE sees itself and its siblings. */
  readonly recursive: boolean;
  readonly body: Body;
  readonly orderBy: readonly Expression[];
  readonly limits: readonly Expression[];
}

export type Body = Select | SetOperation | Values;

export interface Select {
  readonly kind: 'select';
  readonly distinctOn: readonly Expression[];
  readonly targets: readonly Target[];
  readonly from: readonly FromItem[];
  readonly where: Expression | undefined;
  /** All keys, those of grouping sets included. */
  readonly groupBy: readonly Expression[];
  readonly having: Expression | undefined;
  readonly windows: readonly Window[];
}

export interface SetOperation {
  readonly kind: 'set';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly left: Query;
  readonly right: Query;
}

export interface Values {
  readonly kind: 'values';
  readonly rows: readonly (readonly Expression[])[];
}

export interface Target {
  readonly name: string | undefined;
  readonly expression: Expression;
}

export interface Cte {
  readonly name: string;
  readonly columns: readonly string[];
  readonly query: Query;
  /** Columns that SEARCH and CYCLE add at the end, each made from the named columns. */
  readonly added: readonly { readonly name: string; readonly from: readonly string[] }[];
}

export interface Window {
  readonly name: string | undefined;
  /** A named window that this one is, or extends. */
  readonly base: string | undefined;
  readonly expressions: readonly Expression[];
}

interface Aliased {
  readonly alias: string | undefined;
  readonly aliasColumns: readonly string[];
}

export type FromItem = TableItem | QueryItem | FunctionItem | DocumentItem | JoinItem | UnsupportedNode;

export interface TableItem extends Aliased {
  readonly kind: 'table';
  readonly path: readonly string[];
  readonly inputs: readonly Expression[];
  readonly at: Offset;
}

export interface QueryItem extends Aliased {
  readonly kind: 'query';
  readonly query: Query;
  readonly lateral: boolean;
}

/** One function or ROWS FROM (…); always sees the items before it. */
export interface FunctionItem extends Aliased {
  readonly kind: 'function';
  readonly calls: readonly { readonly expression: Expression; readonly columns: readonly DefinedColumn[] }[];
  readonly ordinality: boolean;
}

/** A column of a list such as `AS r (a int, b text)`. */
export interface DefinedColumn {
  readonly name: string;
  readonly type: TypeName | undefined;
}

/** XMLTABLE or JSON_TABLE: named columns cut out of one document. */
export interface DocumentItem extends Aliased {
  readonly kind: 'document';
  readonly inputs: readonly Expression[];
  readonly columns: readonly (DefinedColumn & {
    readonly isOrdinality: boolean;
    readonly inputs: readonly Expression[];
  })[];
}

export interface JoinItem extends Aliased {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'right' | 'full';
  readonly left: FromItem;
  readonly right: FromItem;
  readonly natural: boolean;
  readonly using: readonly string[];
  readonly usingAlias: string | undefined;
  readonly on: Expression | undefined;
}

export interface UnsupportedNode {
  readonly kind: 'unsupported';
  readonly what: string;
  readonly at: Offset;
}

/** Where something stands in the text, in bytes of its UTF-8; undefined where the parser does not say. */
export type Offset = number | undefined;

/** The name of a type as written, such as `pg_catalog.numeric`, with `10,2` as modifiers, and whether it is an array of it. */
export interface TypeName {
  readonly path: readonly string[];
  readonly modifiers: string;
  readonly isArray: boolean;
}

/** A constant before its type is settled, as PostgreSQL's scanner tells them apart. */
export type LiteralType = 'int4' | 'int8' | 'numeric' | 'bool' | 'bit' | 'unknown';

/** What the type of an operation follows from. */
export type ResultRule =
  | { readonly rule: 'type'; readonly type: TypeName }
  | { readonly rule: 'operator'; readonly path: readonly string[] }
  /** The type that all operands meet in: COALESCE, GREATEST. */
  | { readonly rule: 'common' }
  | { readonly rule: 'array' }
  | { readonly rule: 'row' }
  /** The type of the first operand: COLLATE, a slice of an array. */
  | { readonly rule: 'first' }
  | { readonly rule: 'nullif' }
  | { readonly rule: 'element' }
  | { readonly rule: 'none' };

export type Expression =
  | { readonly kind: 'column'; readonly path: readonly string[]; readonly at: Offset }
  /** `*` or `t.*`: columns in a select list, a whole row in an expression. */
  | { readonly kind: 'star'; readonly path: readonly string[]; readonly at: Offset }
  /** `ordinal` is the value of an integer constant, which ORDER BY and GROUP BY read as a position. */
  | { readonly kind: 'literal'; readonly ordinal: number | undefined; readonly type: LiteralType }
  | Call
  | {
      readonly kind: 'case';
      readonly operand: Expression | undefined;
      readonly branches: readonly { readonly condition: Expression; readonly result: Expression }[];
      readonly otherwise: Expression | undefined;
    }
  | { readonly kind: 'cast'; readonly operand: Expression; readonly type: TypeName }
  | { readonly kind: 'field'; readonly operand: Expression; readonly name: string }
  /** `(row).*` */
  | { readonly kind: 'expand'; readonly operand: Expression }
  | Subquery
  /** Anything whose value is computed from its operands: operators, COALESCE, ARRAY, ROW, … */
  | Operation
  | UnsupportedNode;

export interface Subquery {
  readonly kind: 'subquery';
  readonly form: 'scalar' | 'array' | 'exists' | 'test' | 'json array';
  readonly operand: Expression | undefined;
  readonly query: Query;
}

export interface Operation {
  readonly kind: 'operation';
  /** The name of an output column that is nothing but this. */
  readonly name: string | undefined;
  readonly operands: readonly Expression[];
  readonly result: ResultRule;
}

export interface Call {
  readonly kind: 'call';
  readonly path: readonly string[];
  readonly args: readonly Expression[];
  /** The names of arguments given as `name => value`, by position; undefined for the others. */
  readonly argNames: readonly (string | undefined)[];
  /** The last argument is an array of all further ones. */
  readonly isVariadic: boolean;
  /** ORDER BY inside the call; of WITHIN GROUP they are arguments and stand in `args`. */
  readonly orderBy: readonly Expression[];
  readonly filter: Expression | undefined;
  readonly over: Window | undefined;
  /** Known by syntax to aggregate, without asking the catalog. */
  readonly isAggregate: boolean;
  readonly at: Offset;
}
