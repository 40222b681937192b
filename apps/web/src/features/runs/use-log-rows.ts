import { useEffect, useMemo } from 'react';
import { type NumberedLine, wordsOf } from './log-line.ts';
import type { LogPages } from './log-pages.ts';

export interface LogRows {
  count: number;
  /** Line number of a row; rows count from 0. */
  numberAt(row: number): number;
  /** The row of a line, or of the nearest one after it that is shown. */
  rowOf(number: number): number;
  /** Line numbers that hold the search, in order. */
  matches: number[];
  /** Lines that were looked through, where all are needed. */
  searched: { done: number; of: number } | undefined;
}

/** Which lines are shown, and which of them hold `search`. Filters and searches read the whole log, by and by. */
export function useLogRows(pages: LogPages, search: string, stderrOnly: boolean): LogRows {
  const total = pages.total();
  const needsAll = search !== '' || stderrOnly;
  useEffect(() => {
    if (needsAll) pages.need(1, total);
  }, [pages, needsAll, total]);

  const wanted = search.toLowerCase();
  const shown = useNumbersWhere(pages, stderrOnly ? 'stderr' : undefined, isStderr);
  const matches = useNumbersWhere(
    pages,
    search === '' ? undefined : `${stderrOnly} ${wanted}`,
    (line) => wordsOf(line).toLowerCase().includes(wanted) && (!stderrOnly || isStderr(line)),
  );
  return {
    count: shown?.length ?? pages.shown(),
    numberAt: (row) => (shown ? (shown[row] ?? 0) : row + 1),
    rowOf: (number) => {
      if (!shown) return number - 1;
      const row = shown.findIndex((one) => one >= number);
      return row < 0 ? shown.length - 1 : row;
    },
    matches: matches ?? [],
    searched: needsAll && pages.loaded() < total ? { done: pages.loaded(), of: total } : undefined,
  };
}

const isStderr = ({ stream }: NumberedLine): boolean => stream !== 'stdout';

/**
 * Numbers of the lines for which `holds`, whose meaning `key` names; undefined without a key. A page is looked through
 * again only when it has grown: a long log changes a hundred times while it is read.
 */
function useNumbersWhere(
  pages: LogPages,
  key: string | undefined,
  holds: (line: NumberedLine) => boolean,
): number[] | undefined {
  const version = pages.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another log or question has no use for what was found.
  const found = useMemo(() => new Map<number, { lines: number; numbers: number[] }>(), [pages, key]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that pages grew; the key, what holds.
  return useMemo(() => {
    if (key === undefined) return undefined;
    return pages.pages().flatMap(({ index, lines }) => {
      const known = found.get(index);
      if (known?.lines === lines.length) return known.numbers;
      const numbers = lines.filter(holds).map(({ number }) => number);
      found.set(index, { lines: lines.length, numbers });
      return numbers;
    });
  }, [pages, version, key, found]);
}
