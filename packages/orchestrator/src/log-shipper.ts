import {
  isAppError,
  keptLog,
  type LogLine,
  type LogPosition,
  logMarks,
  type RunId,
  type SecretMask,
} from '@bigeye/contracts';
import { type ContainerRunner, EngineAway } from '@bigeye/host-kit';
import { backOffMs, pause } from '@bigeye/service-kit';
import type { HostApi } from './host-api.ts';
import { inChunks } from './in-chunks.ts';
import { maskLines } from './mask-lines.ts';

const chunkLimits = { lines: 1000, bytes: 256 * 1024, gatherMs: 30, apartMs: 200 };

export interface LogShipment {
  runId: RunId;
  containerName: string;
  mask: SecretMask;
  onFirstLine: (at: string) => void;
  /** Nobody has sent any of it yet: how much is stored need not be asked. Were it not so, the first answer would tell. */
  isUnsent?: boolean;
}

const nothing: LogPosition = { nextSequence: 1, lastTime: null, linesAtLastTime: 0, lines: 0, bytes: 0 };

interface Deps {
  runner: ContainerRunner;
  hostApi: HostApi;
  /** Of a run's log; what comes after it is counted and left out. */
  cap?: { bytes?: number; lines?: number };
}

/**
 * Sends the log of a container in numbered chunks until it has ended and everything is stored. The engine's own log file
 * is the spool: nothing is kept here, so a restarted orchestrator resumes after the last line that the control plane has.
 */
export async function shipLog(deps: Deps, shipment: LogShipment, signal: AbortSignal): Promise<void> {
  const { runId, containerName, isUnsent } = shipment;
  const askPosition = () => deps.hostApi.insist('getLogPosition', { params: { runId } }, signal);
  let position = isUnsent ? nothing : await askPosition();
  for (let failures = 0; ; ) {
    try {
      // Asked before reading: a stream that ends after this had everything in it.
      const container = await deps.runner.findContainer(containerName);
      const over = container === undefined || container.state.phase === 'exited';
      if (container?.runId === runId) position = await shipFrom(deps, shipment, position, { follow: !over, signal });
      if (over) return;
      failures = 0;
      await pause(20, signal);
    } catch (error) {
      signal.throwIfAborted();
      const outOfOrder = error instanceof OutOfStep || isAppError(error, 'LOG_CHUNK_OUT_OF_ORDER');
      if (!(error instanceof EngineAway) && !outOfOrder) throw error;
      await pause(backOffMs(failures++), signal);
      position = await askPosition();
    }
  }
}

/** What is stored is not what was sent: read on from what is. */
class OutOfStep extends Error {}

async function shipFrom(
  deps: Deps,
  { runId, containerName, mask, onFirstLine }: LogShipment,
  from: LogPosition,
  { follow, signal }: { follow: boolean; signal: AbortSignal },
): Promise<LogPosition> {
  let position = from;
  const reading = new AbortController();
  const request = { since: from.lastTime ?? undefined, follow, signal: AbortSignal.any([signal, reading.signal]) };
  // Masked first, from the last stored line on: a secret that a cut line began there can only be seen together with it.
  const read = maskLines(deps.runner.readLog(containerName, request), mask);
  const kept = withinCap(linesAfter(read, from), from, { ...keptLog, ...deps.cap }, follow);
  const send = async (lines: LogLine[]): Promise<void> => {
    const params = { runId, sequence: position.nextSequence };
    try {
      const after = await deps.hostApi.insist('putLogChunk', { params, body: { lines } }, signal);
      // A chunk that an earlier attempt had sent may have taken this number just before; then the control plane has ignored ours.
      if (after.lines !== position.lines + lines.length) throw new OutOfStep();
      position = after;
    } catch (error) {
      if (!isAppError(error, 'INVALID_INPUT') || lines.every(({ stream }) => stream === 'system')) throw error;
      if (lines.length === 1) return await send(lines.map((line) => refusedMark(line, error.code)));
      // One line that it will never take must not cost the others.
      const half = Math.ceil(lines.length / 2);
      await send(lines.slice(0, half));
      await send(lines.slice(half));
    }
  };
  for await (const lines of inChunks(kept, chunkLimits)) {
    if (position.lines === 0 && lines[0]) onFirstLine(lines[0].at);
    try {
      await send(lines);
    } catch (error) {
      // Leaving the loop waits for the line that is being read, which may never come.
      reading.abort();
      throw error;
    }
  }
  return position;
}

/** In the place of a line that the control plane does not take. */
function refusedMark({ at, text }: LogLine, code: string): LogLine {
  return { at: at.slice(0, 40), stream: 'system', text: logMarks.refused(Buffer.byteLength(text), code) };
}

/** Leaves out the lines that are stored: they begin a log that is read again from `lastTime` on. */
export async function* linesAfter(lines: AsyncIterable<LogLine>, position: LogPosition): AsyncIterable<LogLine> {
  let stored = position.lastTime === null ? 0 : position.linesAtLastTime;
  for await (const line of lines) {
    if (stored > 0 && line.at === position.lastTime) {
      stored--;
      continue;
    }
    if (stored > 0 && position.lastTime !== null) yield gapMark(position.lastTime);
    stored = 0;
    yield line;
  }
}

/** Lines that are stored can only be missing when the engine has begun a new file over them. */
function gapMark(at: string): LogLine {
  return { at, stream: 'system', text: logMarks.gap };
}

/** Passes lines until the cap is reached; the rest is counted, and named at the end of an ended container's log. */
export async function* withinCap(
  lines: AsyncIterable<LogLine>,
  stored: { bytes: number; lines: number },
  cap: { bytes: number; lines: number },
  follow: boolean,
): AsyncIterable<LogLine> {
  let { bytes, lines: kept } = stored;
  const left = { lines: 0, bytes: 0 };
  let lastTime: string | undefined;
  for await (const line of lines) {
    // Each line counts with its line end, as in the control plane, so that empty lines fill the log too.
    const size = Buffer.byteLength(line.text) + 1;
    if (bytes + size <= cap.bytes && kept < cap.lines && left.lines === 0) {
      bytes += size;
      kept++;
      lastTime = line.at;
      yield line;
      continue;
    }
    left.lines++;
    left.bytes += size;
    lastTime ??= line.at;
  }
  if (left.lines === 0 || follow || lastTime === undefined) return;
  const text = logMarks.leftOut(left.lines, left.bytes, `${cap.bytes} bytes, ${cap.lines} lines`);
  // With the time of the line before it, so that a log read again does not count it as one of the engine's.
  yield { at: lastTime, stream: 'system', text };
}
