import { z } from 'zod';
import { HostId, JobId, RunId } from './ids.ts';
import { RunStatus } from './runs.ts';

/** A change of a run's state. `running` and the rest are told when they are recorded; what a host does beside them is on the timeline. */
export const RunEventKind = z.enum([
  'queued',
  'offered',
  'running',
  'waiting',
  'resumed',
  'cancel_requested',
  'finished',
  'reported_late',
]);
export type RunEventKind = z.infer<typeof RunEventKind>;

/** A place in the sequence of all events; 0 is before the first. */
export const RunEventPosition = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const RunEvent = z.object({
  id: z.number().int().describe('Its place in the sequence. Grows, with gaps.'),
  at: z.iso.datetime(),
  kind: RunEventKind,
  runId: RunId,
  jobId: JobId,
  hostId: HostId,
  status: RunStatus.describe('Of the run, after the change.'),
  failureCode: z.string().nullable(),
  detail: z.string().nullable().describe('What a run waits for, who asked for a cancel, what came late.'),
});
export type RunEvent = z.infer<typeof RunEvent>;

/** Events in the order in which they became known, and where to go on. */
export const RunEventPage = z.object({
  events: z.array(RunEvent),
  nextAfter: z.number().int().describe('Pass as `after` to read on; keep it, once the events are handled.'),
  newest: z.number().int().describe('The place of the newest event there is: pass it as `after` to begin now.'),
});
export type RunEventPage = z.infer<typeof RunEventPage>;

/** Runs of a day (UTC) that were asked for (`queued`) or ended so; counted once each, also where the run is deleted since. */
export const RunCount = z.object({
  day: z.iso.date(),
  status: RunStatus.exclude(['running']),
  failureCode: z.string().nullable(),
  runs: z.number().int(),
});
export type RunCount = z.infer<typeof RunCount>;
