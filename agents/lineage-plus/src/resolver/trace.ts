import type { Offset } from '../sql/ast.ts';
import type { Column, Relation } from './catalog.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import type { RangeColumn, RangeItem } from './scope.ts';

/** Why one part of a query, such as `column "total"` or `WHERE`, is not complete. */
export interface Issue {
  readonly part: string;
  readonly reason: string;
  readonly at: Offset;
}

/** What is noticed on the way through one query besides its result. */
export class Trace {
  readonly relations = new Set<Relation>();
  readonly references = new Set<Column>();
  readonly wholeRowColumns = new Set<Column>();
  readonly #issues = new Map<string, Issue>();
  readonly #parts: string[] = [];
  /** The last reason noted, and how many were. */
  #noted = { count: 0, reason: '' };
  #isQuiet = false;

  get issues(): readonly Issue[] {
    return [...this.#issues.values()];
  }

  /** The flow of a named column, which is thereby referenced. What is not clear about it is not clear here either. */
  use(column: RangeColumn, at?: Offset): Flow {
    if (column.base !== undefined) this.references.add(column.base);
    if (column.unclear !== undefined) this.note(column.unclear, at);
    return column.flow;
  }

  /** The flow of a whole row, which is none of its columns but made of all of them. */
  useRow(item: RangeItem, at?: Offset): Flow {
    for (const { base } of item.columns) if (base !== undefined) this.wholeRowColumns.add(base);
    const unclear = item.open ?? item.columns.find((column) => column.unclear !== undefined)?.unclear;
    if (unclear !== undefined) this.note(unclear, at);
    return Flow.union(item.columns.map(({ flow }) => flow)).through('TRANSFORMATION');
  }

  /** Notes that the part at hand is not complete. */
  note(reason: string, at?: Offset): void {
    if (this.#isQuiet) return;
    this.#noted = { count: this.#noted.count + 1, reason };
    const part = this.#parts.at(-1) ?? 'query';
    const key = `${part}\0${reason}`;
    const earlier = this.#issues.get(key);
    if (earlier?.at === undefined) this.#issues.set(key, { part, reason, at: at ?? earlier?.at });
  }

  /** Runs one part. If it is not understood, notes why and goes on without it. */
  attempt<T>(part: string, work: () => T): { readonly value: T | undefined; readonly unclear: string | undefined } {
    const before = this.#noted.count;
    this.#parts.push(part);
    const value = this.keep(work);
    this.#parts.pop();
    return { value, unclear: this.#noted.count > before ? this.#noted.reason : undefined };
  }

  /** Runs a piece of the part at hand, whose other pieces stand without it. */
  keep<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.note(error.message, error.at);
      return undefined;
    }
  }

  /** Runs a look-up that is no part of the query's lineage, such as that of a type. */
  quietly<T>(work: () => T): T | undefined {
    const before = this.#isQuiet;
    this.#isQuiet = true;
    try {
      return this.keep(work);
    } finally {
      this.#isQuiet = before;
    }
  }
}
