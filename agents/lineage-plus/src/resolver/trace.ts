import type { Column, Relation } from './catalog.ts';
import { Flow } from './flow.ts';
import { NotUnderstood } from './not-understood.ts';
import type { RangeColumn, RangeItem } from './scope.ts';

/** What is noticed on the way through one query besides its result. */
export class Trace {
  readonly relations = new Set<Relation>();
  readonly references = new Set<Column>();
  readonly wholeRowColumns = new Set<Column>();
  readonly issues = new Set<string>();

  /** The flow of a named column, which is thereby referenced. */
  use(column: RangeColumn): Flow {
    if (column.base !== undefined) this.references.add(column.base);
    return column.flow;
  }

  /** The flow of a whole row, which is none of its columns but made of all of them. */
  useRow(item: RangeItem): Flow {
    for (const { base } of item.columns) if (base !== undefined) this.wholeRowColumns.add(base);
    return Flow.union(item.columns.map(({ flow }) => flow)).through('TRANSFORMATION');
  }

  /** Runs one part; if it is not understood, notes why and goes on without it. */
  attempt<T>(part: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.issues.add(`${part}: ${error.message}`);
      return undefined;
    }
  }
}
