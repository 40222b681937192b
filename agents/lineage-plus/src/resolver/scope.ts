import type { Offset, Window } from '../sql/ast.ts';
import type { SqlType, TypeInfo } from '../types/sql-type.ts';
import type { Column } from './catalog.ts';
import type { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';

/** A column that a query can name. */
export interface RangeColumn {
  readonly name: string;
  readonly flow: Flow;
  /** Its type, if it can be told; only asked where something depends on it. */
  readonly type: () => SqlType | undefined;
  /** The stored column that naming it depends on: the one that it is, or the field of a row's type. */
  readonly base: Column | undefined;
  /** False for a column that can be named but is no part of `*`. */
  readonly isStarred?: boolean;
  /** Why `flow` is not all of it, or not certain. */
  readonly unclear?: string | undefined;
}

/** Something with an alias in a FROM clause. */
export interface RangeItem {
  readonly name: string | undefined;
  /** Set for a table without alias, which may be named with its schema. */
  readonly schema: string | undefined;
  readonly columns: readonly RangeColumn[];
  /** The type of its rows, where that has a name. */
  readonly rowType?: TypeInfo | undefined;
  /** Columns such as `ctid`, of what is stored. */
  readonly systemColumns?: ReadonlyMap<string, RangeColumn> | undefined;
  /** Why it may have columns that are not known. */
  readonly open?: string | undefined;
}

/** What one FROM clause offers: items for `t.c` and columns, in the order of `*`, for plain `c`. */
export interface Namespace {
  readonly items: readonly RangeItem[];
  readonly columns: readonly RangeColumn[];
  /** Why it may offer columns that are not known. */
  readonly open?: string | undefined;
}

export const emptyNamespace: Namespace = { items: [], columns: [] };

export function joinNamespaces(left: Namespace, right: Namespace): Namespace {
  return {
    items: [...left.items, ...right.items],
    columns: [...left.columns, ...right.columns],
    open: left.open ?? right.open,
  };
}

/** The result of a query: its columns, and what bears on which rows it has. */
export interface Table {
  readonly columns: readonly RangeColumn[];
  readonly rows: Flow;
  /** Why it may have columns that are not known, at places that are not known. */
  readonly open?: string | undefined;
}

export type CteLookup = (name: string) => Table | undefined;

/** What names mean at one place of a query; inner scopes hide outer ones. */
export class Scope {
  readonly parent: Scope | undefined;
  readonly namespace: Namespace;
  readonly #findCte: CteLookup | undefined;

  constructor(parent: Scope | undefined, namespace: Namespace, findCte?: CteLookup) {
    this.parent = parent;
    this.namespace = namespace;
    this.#findCte = findCte;
  }

  findCte(name: string): Table | undefined {
    return this.#findCte?.(name) ?? this.parent?.findCte(name);
  }

  /** Finds `c`, `t.c` or `schema.t.c`; a table's own name means its whole row. Throws NotUnderstood. */
  resolve(path: readonly string[], at: Offset): RangeColumn | RangeItem {
    const [name = '', ...qualifier] = path.toReversed();
    if (qualifier.length > 0) {
      const item = this.item(qualifier.toReversed(), at);
      const column = columnOf(item, name, at);
      if (column === undefined) throw new NotUnderstood(`"${item.name}" has no column "${name}"`, at);
      return column;
    }
    return this.#column(name, at) ?? this.item(path, at);
  }

  /** Finds the item that `t` or `schema.t` names. Throws NotUnderstood. */
  item(path: readonly string[], at: Offset): RangeItem {
    const name = path.at(-1);
    const schema = path.at(-2);
    const found = this.namespace.items.filter(
      (item) => item.name === name && (schema === undefined || item.schema === schema),
    );
    if (found.length > 1) throw new NotUnderstood(`"${path.join('.')}" is ambiguous`, at);
    if (found[0] !== undefined) return found[0];
    const nameless = this.namespace.items.find((item) => item.name === undefined && item.open !== undefined);
    if (nameless !== undefined) throw new NotUnderstood(`${nameless.open}`, at);
    const outer = this.parent?.item(path, at);
    if (outer === undefined) throw new NotUnderstood(`"${path.join('.')}" is not known here`, at);
    return outer;
  }

  #column(name: string, at: Offset): RangeColumn | undefined {
    const { columns, items, open } = this.namespace;
    const found = columns.filter((column) => column.name === name);
    if (found.length > 1) throw new NotUnderstood(`the column "${name}" is ambiguous`, at);
    if (found[0] !== undefined) return found[0];
    const system = items.find((item) => item.systemColumns?.has(name) === true)?.systemColumns?.get(name);
    if (system !== undefined) return system;
    if (open !== undefined) throw new NotUnderstood(open, at);
    return this.parent === undefined ? undefined : this.parent.#column(name, at);
  }
}

/** A column of one item; undefined if it has none of that name. Throws NotUnderstood where that cannot be told. */
export function columnOf(item: RangeItem, name: string, at: Offset): RangeColumn | undefined {
  const found = item.columns.filter((column) => column.name === name);
  if (found.length > 1) throw new NotUnderstood(`the column "${item.name}.${name}" is ambiguous`, at);
  if (found[0] !== undefined) return found[0];
  if (item.open !== undefined) throw new NotUnderstood(item.open, at);
  return item.systemColumns?.get(name);
}

/** The place of an expression: its scope and the windows that its OVER clauses may name. */
export interface Place {
  readonly scope: Scope;
  readonly windows: readonly Window[];
}

/** What one item of a FROM clause offers, and what bears on its rows. */
export interface Source {
  readonly namespace: Namespace;
  readonly rows: Flow;
}
