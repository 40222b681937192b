import type { LogLine, RunStatus, TimelineEvent, TimelineKind } from './runs.ts';
import { isActive } from './runs.ts';
import type { RecordedFailure } from './workflow.ts';

/** Who says a station: a host tells what happens on it, the control plane the rest. */
const saidBy = {
  queued: 'controlPlane',
  offered: 'controlPlane',
  accepted: 'host',
  waiting: 'host',
  resumed: 'host',
  image_ready: 'host',
  created: 'host',
  started: 'host',
  first_log: 'host',
  adopted: 'host',
  cancel_requested: 'controlPlane',
  exited: 'host',
  log_complete: 'host',
  reported: 'host',
  finished: 'controlPlane',
  reported_late: 'controlPlane',
  left_out: 'host',
} as const satisfies Record<TimelineKind, 'host' | 'controlPlane'>;

/** What a host may add to a station, so that it cannot speak in another's name there. */
const hostDetails: Partial<Record<TimelineKind, RegExp>> = {
  adopted: /^attempt \d{1,9}$/,
  exited: /^exit code -?\d{1,10}(, stopped on its host (by the operator|because the run was over))?$/,
  waiting: /^(HOST_DRAINED|NO_FREE_SLOT|ENGINE_AWAY|HOST_DISK_FULL|HOST_FOLDER_DENIED): /,
  left_out: /^(artifact|log|outcome|timeline): /,
};

/** The lines that an orchestrator adds to a log. Any other line of the stream `system` is refused. */
export const logMarks = {
  gap: 'Lines are missing here: the engine dropped them before they could be sent.',
  leftOut: (lines: number, bytes: number, kept: string): string =>
    `${lines} more lines (${bytes} bytes) were left out: a run's log is kept up to ${kept}.`,
  refused: (bytes: number, code: string): string =>
    `A line of ${bytes} bytes is missing here: the control plane did not take it (${code}).`,
} as const;

const refusedMark = /^A line of \d{1,15} bytes is missing here: the control plane did not take it \([A-Z_]{1,40}\)\.$/;
const leftOutMark =
  /^\d{1,15} more lines \(\d{1,15} bytes\) were left out: a run's log is kept up to [\d a-z,]{1,60}\.$/;
const isLogMark = (text: string): boolean => text === logMarks.gap || leftOutMark.test(text) || refusedMark.test(text);

/** What of these a host may not say, in words; undefined: all of it is the host's to say. */
export function notOfHost(said: { events?: TimelineEvent[]; lines?: LogLine[] }): string | undefined {
  for (const { kind, detail } of said.events ?? []) {
    if (saidBy[kind] !== 'host') return `the station "${kind}"`;
    if (detail !== undefined && !hostDetails[kind]?.test(detail)) return `this detail of the station "${kind}"`;
  }
  const line = said.lines?.find(({ stream, text }) => stream === 'system' && !isLogMark(text));
  return line && 'a line of the stream "system"';
}

/**
 * Whether a host may still add to what is known of a run. `late`: the control plane ended the run without hearing how its
 * container ended; the host may say that once, and nothing that is there already is changed.
 */
export function openness(run: {
  status: RunStatus;
  exitCode: number | null;
  failure: Pick<RecordedFailure, 'code'> | null;
}): 'open' | 'late' | 'closed' {
  if (isActive(run.status)) return 'open';
  return run.exitCode === null && endedUnheard.has(run.failure?.code ?? '') ? 'late' : 'closed';
}

const endedUnheard = new Set<string>(['HOST_LOST', 'HOST_OFFLINE', 'RUN_END_UNKNOWN', 'INTERNAL']);
