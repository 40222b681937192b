import {
  isAppError,
  type RunId,
  runLimits,
  type TimelineEvent,
  type TimelineKind,
  toStorable,
} from '@bigeye/contracts';
import { type Logger, pause } from '@bigeye/service-kit';
import type { HostApi } from './host-api.ts';

/** Stations of runs on their way to the control plane. Telling them never delays the run itself. */
export interface TimelineOutbox {
  add(runId: RunId, kind: TimelineKind, options?: { at?: string | undefined; detail?: string }): void;
  /** Returns when everything added for the run has been taken, or `signal` fires. */
  drained(runId: RunId, signal: AbortSignal): Promise<void>;
}

/** Stations come in bursts, and are sent together: who looks on sees them this much later. */
const gatherMs = 100;

export function createTimelineOutbox(deps: { hostApi: HostApi; log: Logger; signal: AbortSignal }): TimelineOutbox {
  const waiting = new Map<RunId, TimelineEvent[]>();
  const sending = new Map<RunId, Promise<void>>();
  /** Of runs whose stations somebody waits for: they are gathered no longer. */
  const hurrying = new Map<RunId, AbortController>();

  /** A station that a control plane of another version does not know takes no other with it. */
  const send = async (runId: RunId, events: TimelineEvent[]): Promise<void> => {
    try {
      await deps.hostApi.insist('postTimeline', { params: { runId }, body: { events } }, deps.signal);
    } catch (error) {
      if (deps.signal.aborted) return;
      deps.log.warn({ runId, err: error }, 'timeline not taken');
      if (!isAppError(error, 'INVALID_INPUT') && !isAppError(error, 'NOT_FOR_HOST_TO_SAY')) return;
      const [{ kind, at, detail } = {}, ...more] = events;
      if (!kind || !at) return;
      if (more.length > 0) for (const event of events) await send(runId, [event]);
      else if (detail !== undefined) await send(runId, [{ kind, at }]);
      else await send(runId, [{ kind: 'left_out', at, detail: `timeline: the station "${kind}" was not taken` }]);
    }
  };

  const sendAll = async (runId: RunId): Promise<void> => {
    const hurry = new AbortController();
    hurrying.set(runId, hurry);
    const soon = AbortSignal.any([hurry.signal, deps.signal]);
    await pause(gatherMs, soon);
    for (let events = waiting.get(runId) ?? []; events.length > 0; events = waiting.get(runId) ?? []) {
      const batch = events.slice(0, 50);
      await send(runId, batch);
      // Only what was sent: more stations may have been added during the call.
      waiting.set(runId, (waiting.get(runId) ?? []).slice(batch.length));
      if (deps.signal.aborted) break;
      await pause(gatherMs, soon);
    }
    hurrying.delete(runId);
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
      if (!sending.has(runId)) sending.set(runId, sendAll(runId));
    },
    drained: async (runId, signal) => {
      hurrying.get(runId)?.abort();
      await Promise.race([sending.get(runId), aborted(signal)]);
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
