import type { LogLine } from '@bigeye/contracts';

/** The engine cuts long lines into pieces of 16 KiB, also within a character; joined again, a line has no more bytes than this. */
const maxLineBytes = 65_536;

/** A line as it was printed, or a piece of one that is longer than lines may be: then it goes on in the next of its stream. */
export type ReadLine = LogLine & { goesOn?: true };

/**
 * Reads the engine's multiplexed log (8 bytes of header a frame: stream, three zeros, length) with its time before every
 * frame. A frame without a line end is a piece of a line that the next frame of its stream continues.
 */
export async function* parseLogFrames(chunks: AsyncIterable<Buffer>): AsyncIterable<ReadLine> {
  const open = new Map<LogLine['stream'], { at: string; bytes: Buffer }>();
  for await (const frame of frames(chunks)) {
    const { at: framedAt, bytes: piece, stream, ended } = parseFrame(frame);
    const begun = open.get(stream);
    const at = begun?.at ?? framedAt;
    let bytes = begun ? Buffer.concat([begun.bytes, piece]) : piece;
    if (bytes.length > maxLineBytes) bytes = asShown(bytes);
    while (bytes.length > maxLineBytes) {
      const end = characterBorder(bytes, maxLineBytes);
      yield { at, stream, text: bytes.toString('utf8', 0, end), goesOn: true };
      bytes = bytes.subarray(end);
    }
    if (ended) {
      open.delete(stream);
      yield { at, stream, text: textOf(bytes) };
    } else open.set(stream, { at, bytes });
  }
  for (const [stream, { at, bytes }] of open) yield { at, stream, text: textOf(bytes) };
}

const textOf = (line: Buffer): string => asShown(line).toString('utf8').replace(/\r$/, '');

/** What a terminal shows of a line that returns to its beginning, as a progress bar does: each state over the one before. */
function asShown(line: Buffer): Buffer {
  const isReturning = line.subarray(0, -1).includes(0x0d);
  if (!isReturning) return line;
  const states = line.toString('utf8').replace(/\r+$/, '').split('\r');
  return Buffer.from(states.reduce((shown, state) => state + shown.slice(state.length)));
}

/** The last place up to `end` that is not in the middle of a character (of UTF-8, which has at most four bytes for one). */
function characterBorder(bytes: Buffer, end: number): number {
  for (let border = end; border > end - 4; border--) if (((bytes[border] ?? 0) & 0xc0) !== 0x80) return border;
  return end;
}

async function* frames(chunks: AsyncIterable<Buffer>): AsyncIterable<{ stream: number; content: Buffer }> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let at = 0;
    while (pending.length - at >= 8) {
      const end = at + 8 + pending.readUInt32BE(at + 4);
      if (pending.length < end) break;
      yield { stream: pending[at] ?? 1, content: pending.subarray(at + 8, end) };
      at = end;
    }
    pending = pending.subarray(at);
  }
}

function parseFrame({ stream, content }: { stream: number; content: Buffer }) {
  const space = content.indexOf(0x20);
  const ended = content.at(-1) === 0x0a;
  return {
    at: content.toString('latin1', 0, space),
    bytes: content.subarray(space + 1, ended ? -1 : undefined),
    stream: stream === 2 ? ('stderr' as const) : ('stdout' as const),
    ended,
  };
}

/** RFC 3339 with nanoseconds → seconds with nanoseconds, which the engine takes as `since` (inclusive). */
export function sinceOf(at: string): string {
  const [, second = at, fraction = '0'] = /^(.+?)(?:\.(\d+))?Z$/.exec(at) ?? [];
  return `${Date.parse(`${second}Z`) / 1000}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}
