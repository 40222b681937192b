import type { NumberedLine } from './log-line.ts';

/** Reads lines `after` a number, at most `limit`. */
export type ReadLines = (after: number, limit: number) => Promise<NumberedLine[]>;

/** The lines of one log that were needed so far. Line numbers count from 1. */
export interface LogPages {
  subscribe(listener: () => void): () => void;
  /** Grows with every change. */
  version(): number;
  total(): number;
  /** The lines to show: all but those at the end that are still on their way, so that no empty row is followed. */
  shown(): number;
  /** How many of the lines are here. */
  loaded(): number;
  failure(): unknown;
  /** The log has at least this many lines. */
  grow(total: number): void;
  line(number: number): NumberedLine | undefined;
  /** Sees to it that these lines come; those that are here or on their way are not asked for again. */
  need(from: number, to: number): void;
}

const pageSize = 1000;

interface LogPageState {
  lines: NumberedLine[];
  isLoading: boolean;
}

/**
 * The log by pages, so that the end of a long one is there at once and what nobody looks at is never read. Reading on by
 * position makes it whole again after a lost connection.
 */
export function createLogPages(readLines: ReadLines): LogPages {
  const pages = new Map<number, LogPageState>();
  const listeners = new Set<() => void>();
  let version = 0;
  let total = 0;
  let loaded = 0;
  let failure: unknown;

  const changed = () => {
    version++;
    for (const listener of listeners) listener();
  };

  const load = async (index: number): Promise<void> => {
    const page = pages.get(index) ?? { lines: [], isLoading: false };
    pages.set(index, page);
    const wanted = Math.min(pageSize, total - index * pageSize);
    if (page.isLoading || page.lines.length >= wanted) return;
    page.isLoading = true;
    try {
      const lines = await readLines(index * pageSize + page.lines.length, wanted - page.lines.length);
      page.lines.push(...lines);
      loaded += lines.length;
      failure = undefined;
    } catch (error) {
      failure = error;
    } finally {
      page.isLoading = false;
      changed();
    }
  };

  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: () => version,
    total: () => total,
    shown: () => {
      const last = Math.floor((total - 1) / pageSize);
      for (const index of [last, last - 1]) {
        const begun = pages.get(index)?.lines.length ?? 0;
        if (begun > 0) return index * pageSize + begun;
      }
      return total;
    },
    loaded: () => loaded,
    failure: () => failure,
    grow: (newTotal) => {
      if (newTotal <= total) return;
      total = newTotal;
      changed();
    },
    line: (number) => pages.get(Math.floor((number - 1) / pageSize))?.lines[(number - 1) % pageSize],
    need: (from, to) => {
      const last = Math.floor((Math.min(to, total) - 1) / pageSize);
      for (let index = Math.floor((Math.max(1, from) - 1) / pageSize); index <= last; index++) void load(index);
    },
  };
}
