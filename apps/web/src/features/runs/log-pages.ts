import { backOffMs } from '../../lib/back-off.ts';
import { isPassing } from '../../lib/read.ts';
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
  /** Reads on at once after a failure. */
  retry(): void;
  /** Nobody looks any more. */
  close(): void;
  /** The log has at least this many lines. */
  grow(total: number): void;
  line(number: number): NumberedLine | undefined;
  /** What is here, page by page in order. A page that was there only ever grows. */
  pages(): { index: number; lines: readonly NumberedLine[] }[];
  /** Sees to it that these lines come, before what was needed earlier; those that are here are not asked for again. */
  need(from: number, to: number): void;
}

const pageSize = 1000;
/** Requests at a time. */
const readers = 4;

/**
 * The log by pages, so that the end of a long one is there at once and what nobody looks at is never read. Reading on by
 * position makes it whole again after a lost connection.
 */
export function createLogPages(readLines: ReadLines): LogPages {
  const pages = new Map<number, NumberedLine[]>();
  const reading = new Set<number>();
  const listeners = new Set<() => void>();
  let waiting: number[] = [];
  let version = 0;
  let total = 0;
  let loaded = 0;
  let failure: unknown;
  let failures = 0;
  let isResting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const changed = () => {
    version++;
    for (const listener of listeners) listener();
  };
  const here = (index: number) => pages.get(index)?.length ?? 0;
  const missing = (index: number) => Math.min(pageSize, total - index * pageSize) - here(index);

  const readNext = () => {
    if (isResting) return;
    while (reading.size < readers) {
      const at = waiting.findIndex((index) => !reading.has(index));
      const [index] = at < 0 ? [] : waiting.splice(at, 1);
      if (index === undefined) return;
      if (missing(index) > 0) void read(index);
    }
  };
  const read = async (index: number): Promise<void> => {
    reading.add(index);
    try {
      const asked = missing(index);
      const lines = await readLines(index * pageSize + here(index), asked);
      pages.set(index, [...(pages.get(index) ?? []), ...lines]);
      loaded += lines.length;
      failure = undefined;
      failures = 0;
      // An answer is bounded in bytes too: of long lines fewer come at once.
      if (lines.length > 0 && lines.length < asked) waiting = [index, ...waiting.filter((other) => other !== index)];
    } catch (error) {
      failure = error;
      rest(index, error);
    } finally {
      reading.delete(index);
      readNext();
      changed();
    }
  };

  /** What waits would fail alike. After a passing fault it is tried again in a while; a final one ends it. */
  const rest = (index: number, error: unknown) => {
    if (!waiting.includes(index)) waiting.push(index);
    isResting = true;
    failures++;
    clearTimeout(timer);
    if (isPassing(error)) timer = setTimeout(goOn, backOffMs(failures));
  };
  const goOn = () => {
    clearTimeout(timer);
    isResting = false;
    readNext();
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
      for (const index of [last, last - 1]) if (here(index) > 0) return index * pageSize + here(index);
      return total;
    },
    loaded: () => loaded,
    failure: () => failure,
    retry: goOn,
    close: () => clearTimeout(timer),
    grow: (newTotal) => {
      if (newTotal <= total) return;
      total = newTotal;
      changed();
    },
    line: (number) => pages.get(Math.floor((number - 1) / pageSize))?.[(number - 1) % pageSize],
    pages: () => [...pages].map(([index, lines]) => ({ index, lines })).sort((a, b) => a.index - b.index),
    need: (from, to) => {
      const first = Math.floor((Math.max(1, from) - 1) / pageSize);
      const last = Math.floor((Math.min(to, total) - 1) / pageSize);
      const wanted = new Set<number>();
      for (let index = first; index <= last; index++) if (missing(index) > 0) wanted.add(index);
      if (wanted.size === 0) return;
      waiting = [...wanted, ...waiting.filter((index) => !wanted.has(index))];
      readNext();
    },
  };
}
