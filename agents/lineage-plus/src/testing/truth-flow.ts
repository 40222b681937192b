/** Sources of a value with the ways in which each bears on it, for the oracle: its own few rules, so that it can judge ours. */
export class TruthFlow {
  static readonly none = new TruthFlow(new Map());
  readonly #ways: ReadonlyMap<string, ReadonlySet<string>>;

  private constructor(ways: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#ways = ways;
  }

  static of(column: string): TruthFlow {
    return new TruthFlow(new Map([[column, new Set(['IDENTITY'])]]));
  }

  static union(flows: readonly TruthFlow[]): TruthFlow {
    const ways = new Map<string, Set<string>>();
    for (const [column, own] of flows.flatMap((flow) => [...flow.#ways]))
      ways.set(column, new Set([...(ways.get(column) ?? []), ...own]));
    return new TruthFlow(ways);
  }

  /** After a step that makes a new value. */
  through(step: 'TRANSFORMATION' | 'AGGREGATION'): TruthFlow {
    const after: Record<string, string> = { IDENTITY: step, TRANSFORMATION: step };
    return this.#each((ways) => new Set([...ways].map((way) => after[way] ?? way)));
  }

  /** After use as a condition, key or order. */
  as(way: string): TruthFlow {
    return this.#each(() => new Set([way]));
  }

  /** `column WAY+WAY` for each source, in order. */
  entries(nameOf: (column: string) => string = (column) => column): string[] {
    return [...this.#ways].map(([column, ways]) => `${nameOf(column)} ${[...ways].sort().join('+')}`).sort();
  }

  toString(): string {
    return this.entries().join(', ');
  }

  #each(change: (ways: ReadonlySet<string>) => ReadonlySet<string>): TruthFlow {
    return new TruthFlow(new Map([...this.#ways].map(([column, ways]) => [column, change(ways)])));
  }
}

/** What is true of one query: the sources of each column, and of its rows. */
export interface Truth {
  readonly columns: readonly TruthFlow[];
  readonly rows: TruthFlow;
}
