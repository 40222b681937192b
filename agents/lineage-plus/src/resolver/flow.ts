import type { LineageTransformation } from '@bigeye/contracts';
import type { Column } from './catalog.ts';

export type Subtype = LineageTransformation['subtype'];
export type IndirectSubtype = Exclude<Subtype, 'IDENTITY' | 'TRANSFORMATION' | 'AGGREGATION'>;

const subtypes: readonly Subtype[] = [
  'IDENTITY',
  'TRANSFORMATION',
  'AGGREGATION',
  'JOIN',
  'FILTER',
  'GROUP_BY',
  'SORT',
  'WINDOW',
  'CONDITIONAL',
];
const bit = (subtype: Subtype) => 1 << subtypes.indexOf(subtype);
const direct = bit('IDENTITY') | bit('TRANSFORMATION') | bit('AGGREGATION');

/** Where a value comes from: source columns, each with the set of ways in which it bears on the value. Immutable. */
export class Flow {
  static readonly none = new Flow(new Map());
  readonly #ways: ReadonlyMap<Column, number>;

  private constructor(ways: ReadonlyMap<Column, number>) {
    this.#ways = ways;
  }

  static of(column: Column): Flow {
    return new Flow(new Map([[column, bit('IDENTITY')]]));
  }

  static union(flows: Iterable<Flow>): Flow {
    const ways = new Map<Column, number>();
    let only: Flow | undefined;
    let count = 0;
    for (const flow of flows) {
      if (flow.#ways.size === 0) continue;
      only = flow;
      count++;
      for (const [column, bits] of flow.#ways) ways.set(column, (ways.get(column) ?? 0) | bits);
    }
    if (only === undefined) return Flow.none;
    return count === 1 ? only : new Flow(ways);
  }

  /** After a step that computes a new value. Aggregation stays aggregation, what was indirect stays indirect. */
  through(step: 'TRANSFORMATION' | 'AGGREGATION'): Flow {
    return this.#map((bits) => {
      if ((bits & direct) === 0) return bits;
      const isAggregated = step === 'AGGREGATION' || (bits & bit('AGGREGATION')) !== 0;
      const isPlain = (bits & (bit('IDENTITY') | bit('TRANSFORMATION'))) !== 0 && step === 'TRANSFORMATION';
      return (bits & ~direct) | (isAggregated ? bit('AGGREGATION') : 0) | (isPlain ? bit('TRANSFORMATION') : 0);
    });
  }

  /** After use as a condition, key or order: all of it becomes indirect. */
  as(subtype: IndirectSubtype): Flow {
    return this.#map(() => bit(subtype));
  }

  /** Source columns with their ways in a fixed order, direct ones first. */
  *entries(): Generator<[Column, Subtype[]]> {
    for (const [column, bits] of this.#ways) yield [column, subtypes.filter((subtype) => (bits & bit(subtype)) !== 0)];
  }

  /** Whether any source bears on the value in this way. */
  has(subtype: Subtype): boolean {
    return [...this.#ways.values()].some((bits) => (bits & bit(subtype)) !== 0);
  }

  columns(): Iterable<Column> {
    return this.#ways.keys();
  }

  equals(other: Flow): boolean {
    if (this.#ways.size !== other.#ways.size) return false;
    return [...this.#ways].every(([column, bits]) => other.#ways.get(column) === bits);
  }

  #map(change: (bits: number) => number): Flow {
    if (this.#ways.size === 0) return this;
    return new Flow(new Map([...this.#ways].map(([column, bits]) => [column, change(bits)])));
  }
}

/** OpenLineage's pair for a way. */
export function toTransformation(subtype: Subtype): LineageTransformation {
  return { type: (bit(subtype) & direct) === 0 ? 'INDIRECT' : 'DIRECT', subtype };
}
