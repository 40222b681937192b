import type { Socket } from 'node:net';
import { Refusal } from './refusal.ts';
import { checkHeadBytes, MAX_HEAD_BYTES, type RequestHead, readHead } from './request-head.ts';
import type { Line } from './upstream.ts';

/** What a connection asks of the guard. Both may throw a Refusal, which comes back by `refused` and must be answered. */
export interface Service {
  /** Judges a head; the returned function is called with the body, of the announced length, and answers in its own time. */
  admit(head: RequestHead, connection: Connection): (body: Buffer) => void;
  refused(cause: unknown, connection: Connection): void;
}

const REQUEST_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 60_000;
const LINGER_MS = 1_000;
const MAX_AHEAD = 256 * 1024;

/**
 * One client: requests are read one after the other, and the next is not looked at before the last is answered. A client
 * that goes away takes its request to the daemon with it. There is no time-out while an answer is under way.
 */
export class Connection {
  readonly caller: string;
  /** The request that is being read or answered. */
  head: RequestHead | undefined;
  private readonly socket: Socket;
  private readonly service: Service;
  private buffer: Buffer = Buffer.alloc(0);
  private proceed: ((body: Buffer) => void) | undefined;
  /** When the first byte of the request came that is being read; 0 between requests. */
  private begun = 0;
  private isBusy = false;
  private isLast = false;
  private isOver = false;
  private line: Line | undefined;
  private isStream = false;

  constructor(socket: Socket, service: Service) {
    this.socket = socket;
    this.service = service;
    this.caller = socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress}:${socket.remotePort}`;
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_TIMEOUT_MS);
    socket.on('data', (bytes: Buffer) => this.onData(bytes));
    socket.on('drain', () => this.line?.resume());
    socket.on('end', () => this.onEnd());
    socket.on('timeout', () => this.onTimeout());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.isOver = true;
      this.line?.abort();
    });
  }

  get isGone(): boolean {
    return this.isOver;
  }

  /** Binds the way to the daemon to this client: it waits for the client, and ends with it. */
  bind(line: Line, isStream: boolean): void {
    this.line = line;
    this.isStream = isStream;
  }

  /** Writes the head of an answer, and its body or the part that is there. `headers` are complete lines. */
  answer(status: number, headers: string, body: string | Buffer = ''): void {
    if (!headers.match(/^(?:content-length|transfer-encoding):/im) && status !== 204 && status !== 304)
      this.isLast = true;
    if (this.head?.close) this.isLast = true;
    const end = this.isLast ? 'Connection: close\r\n\r\n' : 'Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\n';
    this.socket.cork();
    this.socket.write(`HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Not OK'}\r\n${headers}${end}`);
    if (body.length > 0) this.write(body);
    process.nextTick(() => this.socket.uncork());
  }

  write(body: string | Buffer): void {
    if (!this.socket.write(body)) this.line?.pause();
  }

  /** The answer is complete: the connection takes its next request, or ends. */
  finish(): void {
    this.isBusy = false;
    this.line = undefined;
    this.head = undefined;
    if (this.isLast) this.end();
    else this.next();
  }

  /** Answers and ends; what the client sent behind its request is never read as one. */
  refuse(refusal: Refusal): void {
    if (this.isOver) return;
    this.isLast = true;
    const body = JSON.stringify({ message: `Docker guard: ${refusal.message}`, rule: refusal.rule });
    this.answer(
      refusal.status,
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`,
      body,
    );
    this.end();
  }

  /** Breaks off in the middle of an answer, so that the client sees that it is not complete. */
  break(): void {
    this.socket.destroy();
  }

  private onData(bytes: Buffer): void {
    if (this.isOver) return;
    if (this.buffer.length + bytes.length > MAX_AHEAD) {
      this.break();
      return;
    }
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes]);
    this.next();
  }

  private next(): void {
    if (this.isBusy || this.buffer.length === 0) return;
    try {
      if (this.begun === 0) this.begun = performance.now();
      if (performance.now() - this.begun > REQUEST_TIMEOUT_MS) throw SLOW;
      this.proceed ??= this.readHead();
      const length = this.head?.bodyLength ?? 0;
      if (!this.proceed || this.buffer.length < length) return;
      const { proceed } = this;
      const body = this.buffer.subarray(0, length);
      this.buffer = this.buffer.subarray(length);
      this.proceed = undefined;
      this.begun = 0;
      this.isBusy = true;
      proceed(body);
    } catch (cause) {
      this.service.refused(cause, this);
    }
  }

  private readHead(): ((body: Buffer) => void) | undefined {
    const end = this.buffer.indexOf('\r\n\r\n');
    const text = this.buffer.toString('latin1', 0, end < 0 ? MAX_HEAD_BYTES + 1 : end);
    if (end < 0) checkHeadBytes(text);
    if (end < 0) return undefined;
    this.head = readHead(text);
    this.buffer = this.buffer.subarray(end + 4);
    return this.service.admit(this.head, this);
  }

  private onEnd(): void {
    if (this.isOver) return;
    this.isLast = true;
    if (this.begun > 0) this.service.refused(INCOMPLETE, this);
    else if (!this.isBusy) this.end();
    else setTimeout(() => (this.isStream ? this.break() : undefined), LINGER_MS).unref();
  }

  private onTimeout(): void {
    if (this.isOver) return;
    if (this.begun > 0) this.service.refused(SLOW, this);
    else if (!this.isBusy) this.end();
  }

  private end(): void {
    this.isOver = true;
    this.socket.end();
    // What still arrives is read and dropped for a moment: closing on unread bytes would take the answer back.
    setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }
}

const SLOW = new Refusal('framing.slow', 'The request took too long to arrive.', 408);
const INCOMPLETE = new Refusal('framing.incomplete', 'The request ended before it was complete.', 400);
