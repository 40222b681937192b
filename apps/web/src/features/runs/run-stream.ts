import { fillPath, type RunId, RunStreamEvent, routes } from '@bigeye/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { shown } from '../../lib/api.ts';
import { backOffMs } from '../../lib/back-off.ts';
import { readGate } from '../../lib/outage.ts';
import type { Turn } from '../../lib/read-gate.ts';
import { runQuery, timelineQuery } from './api.ts';

/** A stream that lasted this long has worked; a shorter one counts as a failure. */
const worksMs = 5000;

/** While `enabled`, keeps the run and its timeline in the cache as the control plane tells them. Reconnects by itself. */
export function useRunStream(runId: RunId, enabled: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!enabled) return;
    const take = (message: MessageEvent<string>) => {
      const event = RunStreamEvent.safeParse({ event: message.type, data: JSON.parse(shown(message.data)) }).data;
      if (event?.event === 'run') client.setQueryData(runQuery(runId).queryKey, event.data);
      if (event?.event === 'timeline') client.setQueryData(timelineQuery(runId).queryKey, event.data);
      if (event?.event === 'log')
        client.setQueryData(runQuery(runId).queryKey, (run) => run && { ...run, logLines: event.data.lines });
    };
    return keepOpen(fillPath(routes.streamRunEvents.path, { runId }), take);
  }, [client, runId, enabled]);
}

/** Opens the stream in its turn, and again after a growing while whenever it ends. Returns what closes it for good. */
function keepOpen(url: string, take: (message: MessageEvent<string>) => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let turn: Turn | undefined;
  let failures = 0;
  let isClosed = false;

  const open = async () => {
    turn = await readGate.enter();
    if (isClosed) return turn.left();
    let openedAt: number | undefined;
    source = new EventSource(url);
    source.onopen = () => {
      openedAt = Date.now();
      turn?.answered();
    };
    source.onerror = () => {
      // The browser's own way is to come back every few seconds for ever; ours waits longer each time.
      source?.close();
      if (openedAt === undefined) turn?.failed();
      failures = openedAt !== undefined && Date.now() - openedAt >= worksMs ? 1 : failures + 1;
      timer = setTimeout(open, backOffMs(failures));
    };
    for (const name of ['run', 'timeline', 'log']) source.addEventListener(name, take);
  };
  void open();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    if (source?.readyState === EventSource.CONNECTING) turn?.left();
    source?.close();
  };
}
