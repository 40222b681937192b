import { z } from 'zod';
import { BatchAgentType } from './agent-types.ts';
import { HostId, JobId, RunId } from './ids.ts';
import { runLimits } from './limits.ts';
import { Instant, Int32, storableText } from './scalars.ts';

export const RunStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'timed_out', 'canceled']);
export type RunStatus = z.infer<typeof RunStatus>;
export const activeRunStatuses = ['queued', 'running'] as const satisfies RunStatus[];
export const isActive = (status: RunStatus): boolean => status === 'queued' || status === 'running';

/** Machine-readable code, with its sentences from the error catalogue. */
export const RunFailure = z.object({ code: z.string(), message: z.string(), remedy: z.string() });
export type RunFailure = z.infer<typeof RunFailure>;

/** What the agent said of its work in its last line. */
export const RunOutcome = z.object({
  message: storableText(runLimits.outcomeMessage),
  counts: z
    .record(storableText(runLimits.outcomeCountName), z.number())
    .refine((counts) => Object.keys(counts).length <= runLimits.outcomeCounts, `at most ${runLimits.outcomeCounts}`)
    .default({}),
});
export type RunOutcome = z.infer<typeof RunOutcome>;

/**
 * What the container of a run took. The engine is asked while it runs, ever more rarely and at least every ten seconds: a peak between two
 * looks, and what was used after the last one, are not in it.
 */
export const RunResources = z.object({
  memoryPeakBytes: z.number().int().min(0).describe('Without files that the kernel may drop again.'),
  cpuSeconds: z.number().min(0),
  processesPeak: z.number().int().min(0).describe('Processes and threads, as the limit counts them.'),
  readings: z.number().int().min(1),
  measuredUntil: Instant.describe('When it was looked at last.'),
});
export type RunResources = z.infer<typeof RunResources>;

/** `unknown`: why it is not known, as one of the codes that a control plane may know. */
export const ReportedResources = z.union([RunResources, z.object({ unknown: storableText(40) })]);
export type ReportedResources = z.infer<typeof ReportedResources>;

export const Run = z.object({
  id: RunId,
  jobId: JobId,
  jobName: z.string(),
  hostId: HostId,
  agentType: BatchAgentType,
  status: RunStatus,
  failure: RunFailure.nullable(),
  waitingFor: z.string().nullable().describe('Of a run that is not over: what it waits for, in a sentence.'),
  requestedBy: z.string(),
  queuedAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  cancelRequestedAt: z.iso.datetime().nullable(),
  exitCode: z.number().int().nullable(),
  outcome: RunOutcome.nullable(),
  artifacts: z.array(
    z.object({
      name: z.string(),
      bytes: z.number().int(),
      removedAt: z.iso.datetime().nullable().describe('When its content was removed, by age.'),
    }),
  ),
  resources: RunResources.nullable().default(null),
  resourcesUnknown: z.string().nullable().default(null).describe('Why `resources` is null, in a sentence.'),
  logLines: z.number().int(),
  logRemovedAt: z.iso.datetime().nullable().describe('When the log was removed, by age.'),
});
export type Run = z.infer<typeof Run>;

/**
 * Stations of a run's life, in their usual order, and what is told beside them: that the host reported after the end, and
 * that something was left out. Who may say which: `run-facts.ts`.
 */
export const TimelineKind = z.enum([
  'queued',
  'offered',
  'accepted',
  'waiting',
  'resumed',
  'image_ready',
  'created',
  'started',
  'first_log',
  'adopted',
  'cancel_requested',
  'exited',
  'log_complete',
  'reported',
  'finished',
  'reported_late',
  'left_out',
]);
export type TimelineKind = z.infer<typeof TimelineKind>;

export const TimelineEvent = z.object({
  kind: TimelineKind,
  at: Instant,
  detail: storableText(runLimits.timelineDetail).optional(),
});
export type TimelineEvent = z.infer<typeof TimelineEvent>;

export const RunExit = z.object({
  exitCode: Int32,
  outOfMemory: z.boolean(),
  startedAt: Instant,
  finishedAt: Instant,
});
export type RunExit = z.infer<typeof RunExit>;

/**
 * How the container of a run ended. `stopped` says why the orchestrator itself stopped it, if it did; `hostRestarted`, that
 * the machine was restarted while it ran.
 */
export const ContainerEnd = RunExit.extend({
  stopped: z.enum(['canceled', 'timed_out']).nullable().default(null),
  hostRestarted: z.boolean().optional(),
});
export type ContainerEnd = z.infer<typeof ContainerEnd>;

export const LogStream = z.enum(['stdout', 'stderr', 'system']);

/** `at` is the engine's time with nanoseconds. A `system` line is ours: one of `logMarks`. */
export const LogLine = z.object({
  at: storableText(40),
  stream: LogStream,
  text: z.string().max(runLimits.logLineCharacters),
});
export type LogLine = z.infer<typeof LogLine>;

/** How far the log is stored: the host resumes after it. `linesAtLastTime` lines carry exactly `lastTime`. */
export const LogPosition = z.object({
  nextSequence: z.number().int().min(1),
  lastTime: z.string().nullable(),
  linesAtLastTime: z.number().int(),
  lines: z.number().int(),
  bytes: z.number().int(),
});
export type LogPosition = z.infer<typeof LogPosition>;

export const LogChunk = z.object({
  lines: z.array(LogLine).min(1).max(runLimits.logChunkLines),
});
export type LogChunk = z.infer<typeof LogChunk>;

/** Lines numbered from 1 over the whole run. */
export const LogPage = z.object({
  lines: z.array(LogLine.extend({ number: z.number().int() })),
  nextAfter: z.number().int().describe('Pass as `after` to read on.'),
  complete: z.boolean().describe('True when the run is over and no more lines follow.'),
});
export type LogPage = z.infer<typeof LogPage>;

/** Server-sent events of a run: `run` and `timeline` carry the new value, `log` how many lines there are now. */
export const RunStreamEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('run'), data: Run }),
  z.object({ event: z.literal('timeline'), data: z.array(TimelineEvent) }),
  z.object({ event: z.literal('log'), data: z.object({ lines: z.number().int() }) }),
]);
export type RunStreamEvent = z.infer<typeof RunStreamEvent>;
