import { fillPath, type RunId, RunStreamEvent, routes } from '@bigeye/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { shown } from '../../lib/api.ts';
import { connectionFailed, connectionWorks } from '../../lib/connection.ts';
import { runQuery, timelineQuery } from './api.ts';

const openAgainMs = 2000;

/** While `enabled`, keeps the run and its timeline in the cache as the control plane tells them. Reconnects by itself. */
export function useRunStream(runId: RunId, enabled: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const take = (message: MessageEvent<string>) => {
      const event = RunStreamEvent.safeParse({ event: message.type, data: JSON.parse(shown(message.data)) }).data;
      if (event?.event === 'run') client.setQueryData(runQuery(runId).queryKey, event.data);
      if (event?.event === 'timeline') client.setQueryData(timelineQuery(runId).queryKey, event.data);
      if (event?.event === 'log')
        client.setQueryData(runQuery(runId).queryKey, (run) => run && { ...run, logLines: event.data.lines });
    };
    const open = () => {
      source = new EventSource(fillPath(routes.streamRunEvents.path, { runId }));
      source.onopen = connectionWorks;
      source.onerror = () => {
        connectionFailed();
        // After an answer that is no stream the browser gives up; we do not.
        if (source?.readyState === EventSource.CLOSED) timer = setTimeout(open, openAgainMs);
      };
      for (const name of ['run', 'timeline', 'log']) source.addEventListener(name, take);
    };
    open();
    return () => {
      clearTimeout(timer);
      source?.close();
    };
  }, [client, runId, enabled]);
}
