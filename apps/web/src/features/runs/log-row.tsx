import type { CSSProperties } from 'react';
import type { AnsiSpan } from '../../lib/ansi.ts';
import styles from './log.module.css';
import { isErrorLine, type NumberedLine, readLine, type ShownLine, timeOfLine } from './log-line.ts';

interface Props {
  number: number;
  /** undefined: on its way. */
  line: NumberedLine | undefined;
  search: string;
  isChosen: boolean;
  isCurrentMatch: boolean;
  choose: (number: number) => void;
}

/** One line: its number is its address, its time, what it says. */
export function LogRow({ number, line, search, isChosen, isCurrentMatch, choose }: Props) {
  const shown = line && readLine(line);
  if (shown?.kind === 'mark') return <span>{shown.text}</span>;
  return (
    <>
      <a
        className={styles.number}
        href={`#L${number}`}
        aria-label={`Line ${number}`}
        aria-current={isChosen || undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          choose(number);
        }}
      >
        {number}
      </a>
      <span className={styles.time}>{line && timeOfLine(line.at)}</span>
      <span className={styles.text}>
        {shown && <Words shown={shown} search={search} isCurrentMatch={isCurrentMatch} />}
      </span>
    </>
  );
}

export function classOfRow(line: NumberedLine | undefined, isChosen: boolean): string {
  const kind = line && readLine(line).kind;
  return [
    styles.row,
    isChosen && styles.chosen,
    kind === 'mark' && styles.mark,
    kind === 'warning' && styles.warning,
    line?.stream === 'stderr' && styles.stderr,
    line && isErrorLine(line) && styles.error,
  ]
    .filter(Boolean)
    .join(' ');
}

function Words({ shown, search, isCurrentMatch }: { shown: ShownLine; search: string; isCurrentMatch: boolean }) {
  const found = (text: string) => <Found text={text} search={search} isCurrent={isCurrentMatch} />;
  switch (shown.kind) {
    case 'text':
      return shown.spans.map((span, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line never change.
        <span key={index} className={classOfSpan(span)} style={styleOfSpan(span)}>
          {found(span.text)}
        </span>
      ));
    case 'progress':
      return (
        <span className={styles.quiet}>
          {shown.share !== undefined && (
            <span className={styles.meter} aria-hidden="true">
              <span style={{ width: `${shown.share * 100}%` }} />
            </span>
          )}
          {found(shown.text)}
        </span>
      );
    case 'warning':
      return (
        <>
          <span className={styles.code}>{shown.code}</span> {found(shown.text)}
        </>
      );
    case 'result':
      return (
        <span className={`${styles.result} ${shown.succeeded ? styles.good : styles.bad}`}>
          {found(shown.text)}
          {shown.remedy && <span className={styles.remedy}> {found(shown.remedy)}</span>}
        </span>
      );
    case 'mark':
      return shown.text;
  }
}

/** The text with every place that holds the search marked. */
function Found({ text, search, isCurrent }: { text: string; search: string; isCurrent: boolean }) {
  if (search === '') return text;
  const lower = text.toLowerCase();
  const wanted = search.toLowerCase();
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at));
    parts.push(
      <mark key={at} className={`${styles.found} ${isCurrent ? styles.foundNow : ''}`}>
        {text.slice(at, at + wanted.length)}
      </mark>,
    );
    from = at + wanted.length;
  }
  parts.push(text.slice(from));
  return parts;
}

function classOfSpan({ color }: AnsiSpan): string | undefined {
  return typeof color === 'number' ? styles[`c${color}`] : undefined;
}

function styleOfSpan({ color, background, bold, dim, italic, underline }: AnsiSpan): CSSProperties {
  return {
    ...(typeof color === 'string' && { color }),
    ...(typeof background === 'string' && { background }),
    ...(typeof background === 'number' && { background: 'var(--bg-active)' }),
    ...(bold && { fontWeight: 700 }),
    ...(dim && { opacity: 0.7 }),
    ...(italic && { fontStyle: 'italic' }),
    ...(underline && { textDecoration: 'underline' }),
  };
}
