import { isDeepStrictEqual } from 'node:util';
import {
  AppError,
  type ErrorCode,
  type LogChunk,
  type LogLine,
  type LogPosition,
  notOfHost,
  openness,
  type ReportedResources,
  type RunExit,
  type RunId,
  type RunOutcome,
  type RunStatus,
  runLimits,
  type TimelineEvent,
  type TimelineKind,
} from '@bigeye/contracts';

/** What the control plane has of one run. */
export interface StoredRun {
  status: RunStatus;
  failure: { code: ErrorCode } | null;
  lines: LogLine[];
  chunks: number;
  timeline: TimelineEvent[];
  exit: RunExit | undefined;
  outcome: RunOutcome | null;
  resources: ReportedResources | undefined;
  artifacts: Map<string, Uint8Array>;
}

export const createStoredRun = (): StoredRun => ({
  status: 'queued',
  failure: null,
  lines: [],
  chunks: 0,
  timeline: [],
  exit: undefined,
  outcome: null,
  resources: undefined,
  artifacts: new Map(),
});

/** What a host says of a run, taken and refused as the control plane does: `tests/support/host-api-contract.ts` compares. */
export function createRunReport(runId: RunId, run: StoredRun) {
  const isOpen = () => openness({ status: run.status, exitCode: run.exit?.exitCode ?? null, failure: run.failure });
  const requireOfHost = (said: Parameters<typeof notOfHost>[0]) => {
    const what = notOfHost(said);
    if (what) throw new AppError('NOT_FOR_HOST_TO_SAY', { what });
  };
  const tellOnce = (kind: TimelineKind, detail: string) => {
    if (!run.timeline.some((event) => event.kind === kind && event.detail === detail))
      run.timeline.push({ kind, at: new Date().toISOString(), detail });
  };
  const requireOpen = (what: string) => {
    if (isOpen() === 'closed') throw new AppError('RUN_ENDED', { runId, what });
    if (isOpen() === 'late') tellOnce('reported_late', 'the host reported after the end was recorded');
  };
  const tooMuch = (what: string) => {
    tellOnce('left_out', what);
    return new AppError('RUN_LIMIT_REACHED', { runId, what });
  };

  return {
    putChunk(sequence: number, { lines }: LogChunk): LogPosition {
      requireOfHost({ lines });
      if (bytesOf(lines) > runLimits.logChunkBytes + runLimits.logLineCharacters)
        throw new AppError('INVALID_INPUT', { issues: [{ path: 'lines', message: 'too many bytes of text' }] });
      if (sequence <= run.chunks) return positionOf(run);
      const expected = run.chunks + 1;
      if (sequence > expected) throw new AppError('LOG_CHUNK_OUT_OF_ORDER', { expected, received: sequence });
      requireOpen('its log');
      run.chunks = sequence;
      run.lines.push(...lines);
      return positionOf(run);
    },

    appendStations(events: TimelineEvent[]): void {
      requireOfHost({ events });
      const isKnown = (event: TimelineEvent) =>
        run.timeline.some(({ kind, at }) => kind === event.kind && Date.parse(at) === Date.parse(event.at));
      const added = events.filter((event) => !isKnown(event));
      if (added.length === 0) return;
      requireOpen('its timeline');
      if (run.timeline.length + added.length > runLimits.timelineEvents) throw tooMuch('timeline: too many stations');
      run.timeline.push(...added);
    },

    recordOutcome(exit: RunExit, outcome: RunOutcome | null, resources?: ReportedResources): void {
      if (run.exit?.exitCode === exit.exitCode && isDeepStrictEqual(run.outcome, outcome)) return;
      requireOpen('its outcome');
      run.exit = exit;
      run.outcome = outcome;
      run.resources = resources;
    },

    putArtifact(name: string, content: Uint8Array): void {
      const before = run.artifacts.get(name);
      if (before && isOpen() !== 'open') {
        if (Buffer.from(before).equals(content)) return;
        throw new AppError('RUN_ENDED', { runId, what: `its artifact ${name}` });
      }
      requireOpen('its artifacts');
      if (!before && run.artifacts.size >= runLimits.artifacts) throw tooMuch('artifact: too many files');
      run.artifacts.set(name, content);
    },

    position: (): LogPosition => positionOf(run),
  };
}

/** Of text, each line with its end. */
const bytesOf = (lines: LogLine[]) => lines.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 1, 0);

function positionOf({ lines, chunks }: StoredRun): LogPosition {
  const lastTime = lines.at(-1)?.at ?? null;
  return {
    nextSequence: chunks + 1,
    lastTime,
    linesAtLastTime: lines.filter(({ at, stream }) => at === lastTime && stream !== 'system').length,
    lines: lines.length,
    bytes: bytesOf(lines),
  };
}
