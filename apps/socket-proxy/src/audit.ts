import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** One decision. Nothing in it comes from a body or a credential: a body is represented by its hash. */
export interface Decision {
  caller: string;
  method: string;
  endpoint: string;
  container?: string | undefined;
  verdict: 'start' | 'allow' | 'deny' | 'fail';
  rule: string;
  bodySha256?: string | undefined;
  status: number;
  micros: number;
}

/**
 * The audit log: one JSON line a decision, each carrying the SHA-256 of the line before it, so that a line that is
 * changed, left out or moved breaks the chain. A file is continued across restarts; standard output begins a new chain.
 */
export class AuditLog {
  private readonly descriptor: number;
  private pending = '';
  private sequence = 0;
  private previous = '0'.repeat(64);

  constructor(path: string | undefined) {
    this.descriptor = path === undefined ? 1 : openSync(path, 'a+', 0o640);
    if (path !== undefined) this.continueChain();
  }

  /** Takes a line up. What is not flushed by its author is written at the end of this turn of the event loop. */
  record(decision: Decision): void {
    const time = new Date().toISOString();
    const line = JSON.stringify({ time, sequence: this.sequence + 1, previous: this.previous, ...decision });
    this.sequence += 1;
    this.previous = hash('sha256', line);
    if (this.pending === '') setImmediate(() => this.tryFlush());
    this.pending += `${line}\n`;
  }

  /** Writes what is pending. Throws if that is not possible, and then nothing may be answered. */
  flush(): void {
    while (this.pending !== '')
      this.pending = this.pending.slice(writeSync(this.descriptor, this.pending, null, 'latin1'));
  }

  close(): void {
    this.tryFlush();
    if (this.descriptor !== 1) closeSync(this.descriptor);
  }

  private tryFlush(): void {
    try {
      this.flush();
    } catch {
      // The lines stay pending: the next request flushes before anything else, and is refused if that fails.
    }
  }

  private continueChain(): void {
    const { size } = fstatSync(this.descriptor);
    const tail = Buffer.alloc(Math.min(size, 64 * 1024));
    readSync(this.descriptor, tail, 0, tail.length, size - tail.length);
    const text = tail.toString('latin1');
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    if (last === '') return;
    if (!text.endsWith('\n')) this.pending = '\n';
    this.previous = hash('sha256', last);
    this.sequence = Number(/"sequence":(\d{1,15})/.exec(last)?.[1] ?? 0);
  }
}
