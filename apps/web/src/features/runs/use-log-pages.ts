import type { RunId } from '@bigeye/contracts';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { api } from '../../lib/api.ts';
import { readLine } from './log-line.ts';
import { createLogPages, type LogPages } from './log-pages.ts';

/** An agent that says nothing of its progress for more lines than this has moved on to something else. */
const progressWithin = 300;

/** The log of a run, which has `total` lines by now. */
export function useLogPages(runId: RunId, total: number): LogPages {
  const pages = useMemo(
    () =>
      createLogPages(async (after, limit) => {
        const page = await api.call('getRunLog', { params: { runId }, query: { after, limit } });
        return page.lines;
      }),
    [runId],
  );
  useSyncExternalStore(pages.subscribe, pages.version);
  useEffect(() => pages.grow(total), [pages, total]);
  useEffect(() => pages.close, [pages]);
  return pages;
}

/** How far the agent says it is, in its latest line of progress. */
export function useLatestProgress(pages: LogPages, isRunning: boolean): string | undefined {
  const total = pages.total();
  const version = pages.version();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version says that there is more to read.
  useEffect(() => {
    if (isRunning) pages.need(total - progressWithin, total);
  }, [pages, isRunning, total, version]);
  if (!isRunning) return undefined;
  const last = pages.shown();
  for (let number = last; number > Math.max(0, last - progressWithin); number--) {
    const line = pages.line(number);
    const shown = line && readLine(line);
    if (shown?.kind === 'progress') return shown.text;
  }
  return undefined;
}
