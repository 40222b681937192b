import type { LogLine } from '@bigeye/contracts';

/** The engine cuts long lines into pieces of 16 KiB; joined again, a line is no longer than this. */
const maxLineLength = 65_536;

/** A line as it was printed, or a piece of one that is longer than lines may be: then it goes on in the next of its stream. */
export type ReadLine = LogLine & { goesOn?: true };

/**
 * Reads the engine's multiplexed log (8 bytes of header a frame: stream, three zeros, length) with its time before every
 * frame. A frame without a line end is a piece of a line that the next frame of its stream continues.
 */
export async function* parseLogFrames(chunks: AsyncIterable<Buffer>): AsyncIterable<ReadLine> {
  const open = new Map<LogLine['stream'], LogLine>();
  for await (const frame of frames(chunks)) {
    const { at, text, stream, ended } = parseFrame(frame);
    const begun = open.get(stream);
    let line = begun ? { at: begun.at, stream, text: begun.text + text } : { at, stream, text };
    while (line.text.length > maxLineLength) {
      // Not between the two halves of one character.
      const end = maxLineLength - (/[\uD800-\uDBFF]/.test(line.text[maxLineLength - 1] ?? '') ? 1 : 0);
      yield { ...line, text: line.text.slice(0, end), goesOn: true };
      line = { at, stream, text: line.text.slice(end) };
    }
    if (ended) {
      open.delete(stream);
      yield line;
    } else open.set(stream, line);
  }
  yield* open.values();
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
  const text = content.toString('utf8');
  const space = text.indexOf(' ');
  const ended = text.endsWith('\n');
  return {
    at: text.slice(0, space),
    text: text.slice(space + 1, ended ? -1 : undefined).replace(/\r$/, ''),
    stream: stream === 2 ? ('stderr' as const) : ('stdout' as const),
    ended,
  };
}

/** RFC 3339 with nanoseconds → seconds with nanoseconds, which the engine takes as `since` (inclusive). */
export function sinceOf(at: string): string {
  const [, second = at, fraction = '0'] = /^(.+?)(?:\.(\d+))?Z$/.exec(at) ?? [];
  return `${Date.parse(`${second}Z`) / 1000}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}
