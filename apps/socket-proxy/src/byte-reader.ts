import type { Socket } from 'node:net';
import { Refusal } from './refusal.ts';

const ENOUGH_BYTES = 64 * 1024;
const NOT_IN_HTTP = /[^\t\r\n -~]|(?<!\r)\n/;
const LOOK_EVERY_MS = 100;

// One timer looks at all waiting readers: setting one for each wait would cost more than most waits last.
const waiting = new Set<ByteReader>();
setInterval(() => {
  for (const reader of waiting) reader.checkDeadline();
}, LOOK_EVERY_MS).unref();

/** The bytes that arrive on a socket, taken by those who know how many belong to them. No wait outlasts the deadline. */
export class ByteReader {
  /** On the clock of `performance.now()`. */
  deadline = Number.POSITIVE_INFINITY;
  private readonly socket: Socket;
  private readonly refusal: Refusal | undefined;
  private bytes: Buffer = Buffer.alloc(0);
  private ending: Refusal | undefined;
  private wake = () => {};

  /** Whatever is wrong with the bytes is told as `refusal`, if there is one, and otherwise by its own name. */
  constructor(socket: Socket, refusal?: Refusal) {
    this.socket = socket;
    this.refusal = refusal;
    socket.on('data', (part: Buffer) => {
      this.bytes = this.bytes.length === 0 ? part : Buffer.concat([this.bytes, part]);
      if (this.bytes.length > ENOUGH_BYTES) socket.pause();
      this.wake();
    });
    const end = () => this.end(this.fault('incomplete', 'The request ended before it was complete.'));
    for (const event of ['end', 'error', 'close']) socket.on(event, end);
  }

  /** Bytes that have arrived and belong to nobody yet. */
  get length(): number {
    return this.bytes.length;
  }

  /** Nothing more will arrive. */
  get isOver(): boolean {
    return this.ending !== undefined;
  }

  /** Takes text up to `mark`, which is taken too and not returned. */
  async takeText(mark: string, mostBytes: number): Promise<string> {
    for (;;) {
      const end = this.bytes.indexOf(mark);
      if (end > mostBytes || (end < 0 && this.bytes.length > mostBytes))
        throw this.fault('head-length', 'The head is too long.', 431);
      if (end >= 0) return this.cut(end + mark.length).toString('latin1', 0, end);
      // What is not HTTP at all would otherwise only be refused at the deadline.
      if (NOT_IN_HTTP.test(this.bytes.toString('latin1'))) throw this.fault('malformed', 'This is not plain HTTP/1.1.');
      await this.more();
    }
  }

  async take(count: number): Promise<Buffer> {
    while (this.bytes.length < count) await this.more();
    return this.cut(count);
  }

  /** Takes what is there, one byte at least. */
  async takeSome(mostBytes: number): Promise<Buffer> {
    while (this.bytes.length === 0) await this.more();
    return this.cut(Math.min(mostBytes, this.bytes.length));
  }

  /** False if the other side is done, or silent until the deadline. */
  async arrives(): Promise<boolean> {
    while (this.bytes.length === 0 && !this.isOver) await this.more();
    return this.bytes.length > 0;
  }

  checkDeadline(): void {
    if (performance.now() > this.deadline) this.end(this.fault('slow', 'The request took too long to arrive.', 408));
  }

  private cut(count: number): Buffer {
    const taken = this.bytes.subarray(0, count);
    this.bytes = this.bytes.subarray(count);
    return taken;
  }

  private async more(): Promise<void> {
    if (this.ending) throw this.ending;
    this.socket.resume();
    waiting.add(this);
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    waiting.delete(this);
  }

  private fault(rule: string, message: string, status = 400): Refusal {
    return this.refusal ?? new Refusal(`framing.${rule}`, message, status);
  }

  private end(cause: Refusal): void {
    this.ending ??= cause;
    this.wake();
  }
}
