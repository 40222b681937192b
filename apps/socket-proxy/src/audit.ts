import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** One decision. Nothing in it comes from a body or a credential: a body is represented by its hash. */
export interface Decision {
  caller: string;
  method: string;
  endpoint: string;
  container?: string | undefined;
  verdict: 'allow' | 'deny' | 'fail' | 'start';
  rule: string;
  bodySha256?: string | undefined;
  status: number;
  micros: number;
  policy?: string;
}

const GENESIS = '0'.repeat(64);
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * The audit log: one JSON line a decision, each carrying the SHA-256 of the line before it, so that a line that is
 * changed, left out or moved breaks the chain. A file is continued across restarts; standard output begins a new chain.
 */
export class AuditLog {
  private readonly descriptor: number;
  private pending = '';
  private scheduled = false;
  private sequence = 0;
  private previous = GENESIS;

  constructor(path: string | undefined) {
    this.descriptor = path === undefined ? 1 : openSync(path, 'a+', 0o640);
    if (path !== undefined) this.continueChain();
  }

  /** Takes a line up; it is written within this turn of the event loop. */
  record(decision: Decision): void {
    this.sequence += 1;
    const line = JSON.stringify({
      time: new Date().toISOString(),
      sequence: this.sequence,
      previous: this.previous,
      ...decision,
    });
    this.previous = hash('sha256', line);
    this.pending += `${line}\n`;
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      try {
        this.flush();
      } catch {
        // The lines stay pending; the next call that needs the log flushes first and fails closed.
      }
    });
  }

  /** Writes what is pending. Throws if that is not possible, and then nothing may be answered. */
  flush(): void {
    for (let tries = 0; this.pending !== ''; ) {
      const bytes = Buffer.from(this.pending);
      let written = 0;
      try {
        written = writeSync(this.descriptor, bytes);
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN' || tries >= 200) throw cause;
        tries += 1;
        Atomics.wait(sleeper, 0, 0, 5);
      }
      this.pending = bytes.subarray(written).toString();
    }
  }

  close(): void {
    this.flush();
    if (this.descriptor !== 1) closeSync(this.descriptor);
  }

  private continueChain(): void {
    const { size } = fstatSync(this.descriptor);
    const tail = Buffer.alloc(Math.min(size, 64 * 1024));
    readSync(this.descriptor, tail, 0, tail.length, size - tail.length);
    const text = tail.toString();
    if (size > 0 && !text.endsWith('\n')) this.pending = '\n';
    const last = text.trimEnd().split('\n').at(-1) ?? '';
    if (last === '') return;
    this.previous = hash('sha256', last);
    this.sequence = Number(/"sequence":(\d{1,15})/.exec(last)?.[1] ?? 0);
  }
}
