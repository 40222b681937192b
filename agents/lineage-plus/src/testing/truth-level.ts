import { isNode, list, type Tree, type TreeNode } from './node-tree.ts';
import { type Truth, TruthFlow } from './truth-flow.ts';

export interface Level {
  readonly query: TreeNode;
  readonly parent: Level | undefined;
  readonly ctes: Map<string, { readonly node: TreeNode; table: Truth | undefined }>;
  /** Entries read so far; those of CTEs are not kept, because recursive ones grow. */
  readonly entries: Map<number, Entry>;
}

/** What an entry of the range table offers. */
export interface Entry {
  readonly column: (number: number) => TruthFlow;
  /** All columns together, for a whole row. */
  readonly all: () => TruthFlow;
  readonly rows: TruthFlow;
}

/** A value without the conversions that PostgreSQL adds by itself, so that all of VALUES have one type. */
export function unadapted(expression: Tree | undefined): Tree | undefined {
  if (!isNode(expression)) return expression;
  const { relabelformat, funcformat, coerceformat, coercionformat, convertformat, args, arg } = expression.fields;
  const implicit = '2';
  const isImplicit = [relabelformat, funcformat, coerceformat, coercionformat, convertformat].includes(implicit);
  return isImplicit ? unadapted(arg ?? list(args)[0]) : expression;
}

export const emptyTruth: Truth = { columns: [], rows: TruthFlow.none };

export function ofTruth({ columns, rows }: Truth): Entry {
  return {
    column: (attribute) => columns[attribute - 1] ?? TruthFlow.none,
    all: () => TruthFlow.union(columns),
    rows,
  };
}

export function ancestor(level: Level, levels: number): Level {
  if (levels === 0) return level;
  if (level.parent === undefined) throw new Error('a name points outside of the query');
  return ancestor(level.parent, levels - 1);
}

// In JSON_TABLE the plan has a number for each column, and no expression for one FOR ORDINALITY.
export function isOrdinality(values: readonly Tree[], index: number): boolean {
  return values.length > 0 && values[index] === null;
}

export function twice<T>(value: T): [T, T] {
  return [value, value];
}

export function isFlow(flow: TruthFlow | undefined): flow is TruthFlow {
  return flow !== undefined;
}

export function describe({ columns, rows }: Truth): string {
  return [...columns, rows].map((flow) => flow.toString()).join(' | ');
}
