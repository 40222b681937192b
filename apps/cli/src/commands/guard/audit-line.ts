import { createHash } from 'node:crypto';

/** One line of the guard's audit log, as far as it is shown here. */
export interface AuditLine {
  time: string;
  sequence: number;
  previous: string;
  caller: string;
  method: string;
  endpoint: string;
  container?: string;
  verdict: string;
  rule: string;
  status: number;
  micros: number;
}

/** Whether a line follows the one before it: `begins` a chain, is `linked`, or the chain is `broken` before it. */
export type ChainLink = 'begins' | 'linked' | 'broken';

/** Undefined where the text is no audit line. */
export function readAuditLine(text: string): AuditLine | undefined {
  try {
    const line = JSON.parse(text);
    return typeof line?.sequence === 'number' && typeof line.previous === 'string' ? line : undefined;
  } catch {
    return undefined;
  }
}

/** Checks the lines it is given one after the other. Where the log was cut at its start, the first line is believed. */
export function chainChecker(): (text: string, line: AuditLine) => ChainLink {
  let last: { hash: string; sequence: number } | undefined;
  return (text, { sequence, previous }) => {
    const before = last;
    last = { hash: createHash('sha256').update(text).digest('hex'), sequence };
    // A guard that writes to standard output begins anew with each start.
    if (!before || (sequence === 1 && /^0+$/.test(previous))) return 'begins';
    return previous === before.hash && sequence === before.sequence + 1 ? 'linked' : 'broken';
  };
}

export function describeAuditLine(line: AuditLine): string {
  if (line.verdict === 'start') return `${line.time}  start  policy ${line.endpoint}`;
  const what = [line.method, line.endpoint, line.container?.slice(0, 64)].filter((word) => word && word !== '-');
  const outcome = `${line.status} in ${(line.micros / 1000).toFixed(1)} ms`;
  return `${line.time}  ${line.verdict.padEnd(5)}  ${line.rule.padEnd(36)}  ${what.join(' ')}  ${outcome}  ${line.caller}`;
}
