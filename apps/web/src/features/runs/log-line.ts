import { AgentOutputLine, type LogPage } from '@bigeye/contracts';
import { type AnsiSpan, parseAnsi } from '../../lib/ansi.ts';
import { formatCount, formatDuration } from '../../lib/format.ts';

export type NumberedLine = LogPage['lines'][number];

/** A line as it is shown. `mark`: ours, across the whole width; the rest are the agent's. */
export type ShownLine =
  | { kind: 'text'; spans: AnsiSpan[] }
  | { kind: 'mark'; text: string }
  | { kind: 'progress'; text: string; share: number | undefined }
  | { kind: 'warning'; code: string; text: string }
  | { kind: 'result'; succeeded: boolean; text: string; remedy: string | undefined };

const cache = new WeakMap<NumberedLine, ShownLine>();

/** Reads a line once: agents' JSON becomes a sentence, escape codes become colours. */
export function readLine(line: NumberedLine): ShownLine {
  const known = cache.get(line) ?? read(line);
  cache.set(line, known);
  return known;
}

function read({ stream, text }: NumberedLine): ShownLine {
  if (stream === 'system') return { kind: 'mark', text };
  const output = stream === 'stdout' ? agentOutputOf(text) : undefined;
  if (!output) return { kind: 'text', spans: parseAnsi(text) };
  switch (output.type) {
    case 'progress':
      return {
        kind: 'progress',
        text: progressWords(output),
        share: output.total ? Math.min(1, output.done / output.total) : undefined,
      };
    case 'warning':
      return { kind: 'warning', code: output.code, text: output.message };
    case 'result':
      return { kind: 'result', succeeded: output.outcome === 'succeeded', text: output.message, remedy: output.remedy };
  }
}

function agentOutputOf(text: string): AgentOutputLine | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return AgentOutputLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function progressWords({
  phase,
  done,
  total,
  unit,
  etaSeconds,
}: Extract<AgentOutputLine, { type: 'progress' }>): string {
  const of = total === undefined ? formatCount(done) : `${formatCount(done)} of ${formatCount(total)}`;
  const left = etaSeconds === undefined || done === total ? '' : ` · about ${formatDuration(etaSeconds * 1000)} left`;
  return `${phase}: ${of}${unit ? ` ${unit}` : ''}${left}`;
}

const words = new WeakMap<NumberedLine, string>();

/** What can be found in the line: the words that are shown. */
export function wordsOf(line: NumberedLine): string {
  const known = words.get(line) ?? readWords(line);
  words.set(line, known);
  return known;
}

function readWords(line: NumberedLine): string {
  const shown = readLine(line);
  if (shown.kind === 'text') return shown.spans.map(({ text }) => text).join('');
  return shown.kind === 'result' && shown.remedy ? `${shown.text} ${shown.remedy}` : shown.text;
}

const trouble = /\b(error|fatal|panic|critical|exception|traceback|failed|refused|denied)\b/i;

/** A line that says why a run failed: a result that is no success, or words of trouble. */
export function isErrorLine(line: NumberedLine): boolean {
  const shown = readLine(line);
  if (shown.kind === 'result') return !shown.succeeded;
  return shown.kind === 'text' && trouble.test(wordsOf(line));
}

/** `#L120` → 120. */
export function lineOfHash(hash: string): number | undefined {
  const number = Number(/^#?L(\d{1,9})$/.exec(hash)?.[1]);
  return number > 0 ? number : undefined;
}

/** `2026-03-12T02:30:12.402118Z` → `02:30:12.402` in the viewer's zone. */
export function timeOfLine(at: string): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return '';
  const part = (value: number, digits: number) => String(value).padStart(digits, '0');
  return `${part(date.getHours(), 2)}:${part(date.getMinutes(), 2)}:${part(date.getSeconds(), 2)}.${part(date.getMilliseconds(), 3)}`;
}
