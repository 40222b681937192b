import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const LATEST_MS = 20;
const MOST_PENDING = 1024 * 1024;

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
  private isStuck = false;
  private sequence = 0;
  private previous = '0'.repeat(64);

  constructor(path: string | undefined) {
    this.descriptor = path === undefined ? 1 : openSync(path, 'a+', 0o640);
    if (path !== undefined) this.continueChain();
  }

  /** Throws if a request of this method must not go on: the log has to hold all that was decided, but for the latest reads. */
  admit(method: string): void {
    if (method !== 'GET' || this.isStuck) this.flush();
  }

  /** Takes a line up. It is on disk when this returns; that of a read soon after. */
  record(decision: Decision): void {
    // While the log cannot be written, lines of refused requests pile up. Beyond this no more are taken: the flush throws.
    if (this.pending.length > MOST_PENDING) this.flush();
    const time = new Date().toISOString();
    const line = JSON.stringify({ time, sequence: this.sequence + 1, previous: this.previous, ...decision });
    this.sequence += 1;
    this.previous = hash('sha256', line);
    if (this.pending === '') setTimeout(() => this.tryFlush(), LATEST_MS);
    this.pending += `${line}\n`;
    this.admit(decision.method);
  }

  private flush(): void {
    this.isStuck = true;
    while (this.pending !== '')
      this.pending = this.pending.slice(writeSync(this.descriptor, this.pending, null, 'latin1'));
    this.isStuck = false;
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
