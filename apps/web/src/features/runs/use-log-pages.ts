import type { RunId } from '@bigeye/contracts';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { api } from '../../lib/api.ts';
import { createLogPages, type LogPages } from './log-pages.ts';

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
  return pages;
}
