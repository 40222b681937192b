import type { Cte, Query } from '../sql/ast.ts';
import type { Catalog } from './catalog.ts';
import { Flow } from './flow.ts';
import { emptyNamespace, Scope, type Table } from './scope.ts';
import { settled } from './type-inference.ts';

/** A CTE of WITH RECURSIVE as far as it is known, and whether it was named since. */
interface Growing {
  table: Table;
  isNamed: boolean;
}

/** Resolves WITH clauses to the scope in which their names are known. */
export class CteResolver {
  readonly #catalog: Catalog;
  readonly #query: (query: Query, outer: Scope) => Table;

  constructor(catalog: Catalog, query: (query: Query, outer: Scope) => Table) {
    this.#catalog = catalog;
    this.#query = query;
  }

  scope(query: Query, outer: Scope): Scope {
    if (query.recursive) return this.#recursive(query.ctes, outer);
    return query.ctes.reduce((scope, cte) => {
      const table = this.#table(cte, this.#query(cte.query, scope));
      return new Scope(scope, emptyNamespace, (name) => (name === cte.name ? table : undefined));
    }, outer);
  }

  /** With RECURSIVE the order of CTEs is free, so each is resolved when first named. */
  #recursive(ctes: readonly Cte[], outer: Scope): Scope {
    const known = new Map<string, Growing>();
    const find = (name: string): Table | undefined => {
      const cte = ctes.find((candidate) => candidate.name === name);
      if (cte === undefined) return undefined;
      const growing = known.get(name);
      if (growing === undefined) this.#resolve(cte, scope, known);
      else growing.isNamed = true;
      return known.get(name)?.table;
    };
    const scope = new Scope(outer, emptyNamespace, find);
    for (const { name } of ctes) find(name);
    return scope;
  }

  /**
   * The branch before UNION gives names and types; then the whole is read until nothing is added, which ends because sources
   * are finite. Until then the name stands for what is known so far.
   */
  #resolve(cte: Cte, scope: Scope, known: Map<string, Growing>): void {
    const { body } = cte.query;
    const open = `the CTE "${cte.name}" is named before it is known`;
    const growing: Growing = { table: { columns: [], rows: Flow.none, open }, isNamed: false };
    known.set(cte.name, growing);
    const seed = body.kind === 'set' ? this.#query(body.left, this.scope(cte.query, scope)) : undefined;
    growing.table = this.#table(cte, seed ?? this.#query(cte.query, scope));
    if (seed === undefined) return;
    const types = growing.table.columns.map(({ type }) => type);
    for (let isDone = false; !isDone; ) {
      growing.isNamed = false;
      const next = this.#table(cte, this.#query(cte.query, scope));
      // One that names itself keeps the types of its first branch; any other is a set operation like all.
      const columns = next.columns.map((column, index) => ({ ...column, type: types[index] ?? column.type }));
      const found = growing.isNamed ? { ...next, columns } : next;
      isDone = isSame(growing.table, found);
      growing.table = found;
    }
    growing.table = {
      ...growing.table,
      columns: growing.table.columns.map((column) => ({ ...column, isStarred: true })),
    };
  }

  #table(cte: Cte, table: Table): Table {
    const columns = table.columns.map((column, index) => ({
      ...column,
      name: cte.columns[index] ?? column.name,
      type: () => settled(column.type(), this.#catalog),
      base: undefined,
      isStarred: true,
    }));
    const added = cte.added.map(({ name, from }) => {
      const sources = columns.filter((column) => from.includes(column.name));
      const unclear = sources.find((column) => column.unclear !== undefined)?.unclear;
      const flow = Flow.union(sources.map((column) => column.flow)).through('TRANSFORMATION');
      // While the CTE is being read, a star in it does not mean these.
      return { name, flow, type: () => undefined, base: undefined, unclear, isStarred: false };
    });
    return { columns: [...columns, ...added], rows: table.rows, open: table.open };
  }
}

function isSame(a: Table, b: Table): boolean {
  return (
    a.rows.equals(b.rows) &&
    a.columns.length === b.columns.length &&
    a.columns.every((column, index) => column.flow.equals(b.columns[index]?.flow ?? Flow.none))
  );
}
