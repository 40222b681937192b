import { type RunId, runLimits, type TimelineEvent, type TimelineKind, toStorable } from '@bigeye/contracts';
import type { Logger } from '@bigeye/service-kit';
import type { HostApi } from './host-api.ts';

/** Stations of runs on their way to the control plane. Telling them never delays the run itself. */
export interface TimelineOutbox {
  add(runId: RunId, kind: TimelineKind, options?: { at?: string | undefined; detail?: string }): void;
  /** Returns when everything added for the run has been taken, or `signal` fires. */
  drained(runId: RunId, signal: AbortSignal): Promise<void>;
}

export function createTimelineOutbox(deps: { hostApi: HostApi; log: Logger; signal: AbortSignal }): TimelineOutbox {
  const waiting = new Map<RunId, TimelineEvent[]>();
  const sending = new Map<RunId, Promise<void>>();

  const sendAll = async (runId: RunId): Promise<void> => {
    for (let events = waiting.get(runId) ?? []; events.length > 0; events = waiting.get(runId) ?? []) {
      const batch = events.slice(0, 50);
      try {
        await deps.hostApi.insist('postTimeline', { params: { runId }, body: { events: batch } }, deps.signal);
      } catch (error) {
        if (!deps.signal.aborted) deps.log.warn({ runId, err: error }, 'timeline not taken');
      }
      // Only what was sent: more stations may have been added during the call.
      waiting.set(runId, (waiting.get(runId) ?? []).slice(batch.length));
      if (deps.signal.aborted) break;
    }
    waiting.delete(runId);
    sending.delete(runId);
  };

  return {
    add: (runId, kind, { at = new Date().toISOString(), detail } = {}) => {
      const event: TimelineEvent = {
        kind,
        at,
        ...(detail === undefined ? {} : { detail: toStorable(detail.slice(0, runLimits.timelineDetail)) }),
      };
      waiting.set(runId, [...(waiting.get(runId) ?? []), event]);
      if (!sending.has(runId))
        sending.set(
          runId,
          Promise.resolve().then(() => sendAll(runId)),
        );
    },
    drained: async (runId, signal) => {
      await Promise.race([sending.get(runId), aborted(signal)]);
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
