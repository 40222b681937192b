import { useEffect, useMemo } from 'react';
import { wordsOf } from './log-line.ts';
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
  const version = pages.version();
  const needsAll = search !== '' || stderrOnly;
  useEffect(() => {
    if (needsAll) pages.need(1, total);
  }, [pages, needsAll, total]);

  const shown = useMemo(
    () => (stderrOnly ? numbersWhere(pages, version, isStderr) : undefined),
    [pages, version, stderrOnly],
  );
  const matches = useMemo(() => {
    if (search === '') return [];
    const wanted = search.toLowerCase();
    return numbersWhere(
      pages,
      version,
      (line) => wordsOf(line).toLowerCase().includes(wanted) && (!stderrOnly || isStderr(line)),
    );
  }, [pages, version, search, stderrOnly]);

  return {
    count: shown?.length ?? pages.shown(),
    numberAt: (row) => (shown ? (shown[row] ?? 0) : row + 1),
    rowOf: (number) => {
      if (!shown) return number - 1;
      const row = shown.findIndex((one) => one >= number);
      return row < 0 ? shown.length - 1 : row;
    },
    matches,
    searched: needsAll && pages.loaded() < total ? { done: pages.loaded(), of: total } : undefined,
  };
}

type Line = NonNullable<ReturnType<LogPages['line']>>;
const isStderr = ({ stream }: Line): boolean => stream !== 'stdout';

/** `_version` says that the pages changed, which are the same object all the time. */
function numbersWhere(pages: LogPages, _version: number, holds: (line: Line) => boolean): number[] {
  const numbers: number[] = [];
  for (let number = 1; number <= pages.total(); number++) {
    const line = pages.line(number);
    if (line && holds(line)) numbers.push(number);
  }
  return numbers;
}
