import type { Column } from './catalog.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';

/** A column that a query can name. `base` is set when it is a stored column itself, not one computed on the way. */
export interface RangeColumn {
  readonly name: string;
  readonly flow: Flow;
  readonly type: string | undefined;
  readonly base: Column | undefined;
}

/** Something with an alias in a FROM clause. */
export interface RangeItem {
  readonly name: string | undefined;
  /** Set for a table without alias, which may be named with its schema. */
  readonly schema: string | undefined;
  readonly columns: readonly RangeColumn[];
}

/** What one FROM clause offers: items for `t.c` and columns, in the order of `*`, for plain `c`. */
export interface Namespace {
  readonly items: readonly RangeItem[];
  readonly columns: readonly RangeColumn[];
}

export const emptyNamespace: Namespace = { items: [], columns: [] };

export function joinNamespaces(left: Namespace, right: Namespace): Namespace {
  return { items: [...left.items, ...right.items], columns: [...left.columns, ...right.columns] };
}

/** The result of a query: its columns, and what bears on which rows it has. */
export interface Table {
  readonly columns: readonly RangeColumn[];
  readonly rows: Flow;
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
  resolve(path: readonly string[]): RangeColumn | RangeItem {
    const [name = '', ...qualifier] = path.toReversed();
    if (qualifier.length > 0) return columnOf(this.item(qualifier.toReversed()), name);
    return this.#column(name) ?? this.item(path);
  }

  /** Finds the item that `t` or `schema.t` names. Throws NotUnderstood. */
  item(path: readonly string[]): RangeItem {
    const name = path.at(-1);
    const schema = path.at(-2);
    const found = this.namespace.items.filter(
      (item) => item.name === name && (schema === undefined || item.schema === schema),
    );
    if (found.length > 1) throw new NotUnderstood(`"${path.join('.')}" is ambiguous`);
    const item = found[0] ?? this.parent?.item(path);
    if (item === undefined) throw new NotUnderstood(`"${path.join('.')}" is not known here`);
    return item;
  }

  #column(name: string): RangeColumn | undefined {
    const found = this.namespace.columns.filter((column) => column.name === name);
    if (found.length > 1) throw new NotUnderstood(`the column "${name}" is ambiguous`);
    if (found[0] !== undefined) return found[0];
    if (systemColumns.has(name) && this.namespace.items.length > 0) return systemColumn(name);
    return this.parent === undefined ? undefined : this.parent.#column(name);
  }
}

// They belong to the row's storage and have no place in lineage.
const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid']);

function columnOf(item: RangeItem, name: string): RangeColumn {
  const found = item.columns.filter((column) => column.name === name);
  if (found.length > 1) throw new NotUnderstood(`the column "${item.name}.${name}" is ambiguous`);
  if (found[0] !== undefined) return found[0];
  if (systemColumns.has(name)) return systemColumn(name);
  throw new NotUnderstood(`"${item.name}" has no column "${name}"`);
}

function systemColumn(name: string): RangeColumn {
  return { name, flow: Flow.none, type: undefined, base: undefined };
}

/** What one item of a FROM clause offers, and what bears on its rows. */
export interface Source {
  readonly namespace: Namespace;
  readonly rows: Flow;
}
