import { type LogLine, maskReach, maskSpans, type SecretMask, type Span } from '@bigeye/contracts';
import type { ReadLine } from '@bigeye/host-kit';

/** The most characters that a line of the log may have, once it is masked. */
const mostTextLength = 70_000;

/** What was read of a long line and not handed on yet, with the one character before it. */
interface Held {
  before: string;
  text: string;
}

/**
 * Masks lines, also where a long one was cut: the end of each piece is held back until the next one is there, so that a secret
 * lies in one of them as a whole. The number of lines stays, because positions in a log count them.
 */
export async function* maskLines(lines: AsyncIterable<ReadLine>, mask: SecretMask): AsyncIterable<LogLine> {
  const held = new Map<LogLine['stream'], Held>();
  for await (const { at, stream, text: piece, goesOn } of lines) {
    const { before, text: rest } = held.get(stream) ?? { before: '', text: '' };
    const text = before + rest + piece;
    // `before` was sent with the piece before, so whatever begins there was decided then: only the rest of it counts here.
    const spans = mask.find(text).flatMap(({ start, end }) => {
      const from = Math.max(start, before.length);
      return end > from ? [{ start: from, end }] : [];
    });
    const until = goesOn ? safeEnd(text, spans) : text.length;
    if (goesOn) held.set(stream, { before: text.slice(until - 1, until), text: text.slice(until) });
    else held.delete(stream);
    const whole = spans.filter(({ end }) => end <= until);
    const masked = maskSpans(text.slice(0, until), whole, mask.instead).slice(before.length);
    yield { at, stream, text: masked.slice(0, mostTextLength) };
  }
}

/**
 * How much of a cut line can be sent now: a secret that begins before this place also ends within `text`, and the place is not
 * in the middle of one.
 */
function safeEnd(text: string, spans: Span[]): number {
  let until = Math.max(0, text.length - maskReach);
  for (const { start, end } of spans.toReversed()) if (start < until && end > until) until = start;
  return until;
}
