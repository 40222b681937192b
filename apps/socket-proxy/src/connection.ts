import type { Socket } from 'node:net';
import { Refusal } from './refusal.ts';
import { checkPartialHead, MAX_HEAD_BYTES, type RequestHead, readHead } from './request-head.ts';
import type { Flight, ResponseHead } from './upstream.ts';

/** Judges a head and says what to do with the complete request. A Refusal thrown from either is answered and ends the connection. */
export type Admit = (head: RequestHead, connection: Connection) => (body: Buffer) => void;

const HEAD_TIMEOUT_MS = 15_000;
const IDLE_TIMEOUT_MS = 60_000;
const LINGER_MS = 1_000;
const MAX_AHEAD = 256 * 1024;
const EMPTY = Buffer.alloc(0);
const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  404: 'Not Found',
  409: 'Conflict',
};
// What a client needs from the daemon's head; nothing else of it is passed on.
const PASSED = ['content-type', 'content-length', 'transfer-encoding', 'api-version', 'ostype'];

/**
 * One client: requests are read one after the other, and the next is not looked at before the last is answered. There is
 * no time-out while an answer is under way, and a client that goes away takes its request to the daemon with it.
 */
export class Connection {
  readonly caller: string;
  private readonly socket: Socket;
  private readonly admit: Admit;
  private readonly onRefusal: (refusal: Refusal, connection: Connection) => void;
  private buffer: Buffer = EMPTY;
  private waiting: { body: (bytes: Buffer) => void; length: number } | undefined;
  private head: RequestHead | undefined;
  private begun = 0;
  private busy = false;
  private clientEnded = false;
  private over = false;
  private flight: { line: Flight; endless: boolean } | undefined;

  constructor(socket: Socket, admit: Admit, onRefusal: (refusal: Refusal, connection: Connection) => void) {
    this.socket = socket;
    this.admit = admit;
    this.onRefusal = onRefusal;
    this.caller = socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress}:${socket.remotePort}`;
    socket.setNoDelay(true);
    socket.setTimeout(IDLE_TIMEOUT_MS);
    socket.on('data', (bytes: Buffer) => this.onData(bytes));
    socket.on('drain', () => this.flight?.line.resume());
    socket.on('end', () => this.onEnd());
    socket.on('timeout', () => this.onTimeout());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.over = true;
      this.flight?.line.abort();
    });
  }

  /** The request that is being answered, as far as it could be read. */
  get request(): RequestHead | undefined {
    return this.head;
  }

  get gone(): boolean {
    return this.over;
  }

  /** Binds the request to the daemon to this client. `endless` ones are given up as soon as the client stops sending. */
  attach(line: Flight, endless: boolean): void {
    this.flight = { line, endless };
    if (this.over) line.abort();
  }

  /** Begins an answer whose body is relayed as it comes. */
  relayHead(head: ResponseHead, extra = ''): void {
    if (head.body === 'close') this.clientEnded = true;
    const passed = PASSED.filter((name) => head.headers.has(name)).map(
      (name) => `${name}: ${head.headers.get(name)}\r\n`,
    );
    this.socket.cork();
    this.socket.write(
      `HTTP/1.1 ${head.status} ${REASONS[head.status] ?? 'Answer'}\r\n${passed.join('')}${extra}${this.connectionHeader()}\r\n`,
    );
    queueMicrotask(() => this.socket.uncork());
  }

  relayBody(wire: Buffer): void {
    if (!this.socket.write(wire)) this.flight?.line.pause();
  }

  /** Answers with a whole body at once. */
  reply(status: number, body: string | Buffer, extra = ''): void {
    const head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Answer'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    this.socket.cork();
    this.socket.write(head + extra + this.connectionHeader());
    this.socket.write('\r\n');
    this.socket.write(body);
    this.socket.uncork();
  }

  /** The answer is complete; the connection takes its next request or ends. */
  finish(): void {
    const close = this.clientEnded || this.head?.close === true;
    this.busy = false;
    this.flight = undefined;
    this.head = undefined;
    if (close) this.end();
    else this.next();
  }

  /** Answers a refusal and ends: what the client sent behind it is never read as a request. */
  refuse(refusal: Refusal): void {
    if (this.over) return;
    this.clientEnded = true;
    this.reply(refusal.status, JSON.stringify({ message: refusal.message, rule: refusal.rule }));
    this.end();
  }

  /** Breaks an answer off in the middle; the client must see that it is not complete. */
  break(): void {
    this.socket.destroy();
  }

  private connectionHeader(): string {
    return this.clientEnded || this.head?.close
      ? 'Connection: close\r\n'
      : `Connection: keep-alive\r\nKeep-Alive: timeout=${IDLE_TIMEOUT_MS / 1000}\r\n`;
  }

  private onData(bytes: Buffer): void {
    if (this.over) return;
    if (this.buffer.length + bytes.length > MAX_AHEAD) {
      this.socket.destroy();
      return;
    }
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes]);
    if (!this.busy) this.next();
  }

  private next(): void {
    try {
      if (this.buffer.length === 0) return;
      if (this.begun === 0) this.begun = performance.now();
      else if (performance.now() - this.begun > HEAD_TIMEOUT_MS)
        throw new Refusal('framing.slow', 'The request took too long to arrive.', 408);
      if (!this.waiting) this.readHead();
      const { waiting } = this;
      if (!waiting || this.buffer.length < waiting.length) return;
      const body = this.buffer.subarray(0, waiting.length);
      this.buffer = this.buffer.subarray(waiting.length);
      this.waiting = undefined;
      this.begun = 0;
      this.busy = true;
      waiting.body(body);
    } catch (cause) {
      this.onRefusal(
        cause instanceof Refusal ? cause : new Refusal('internal', 'The guard could not judge the request.', 500),
        this,
      );
    }
  }

  private readHead(): void {
    const end = this.buffer.indexOf('\r\n\r\n');
    if (end < 0) {
      checkPartialHead(this.buffer.toString('latin1', 0, MAX_HEAD_BYTES + 1));
      return;
    }
    this.head = undefined;
    const head = readHead(this.buffer.toString('latin1', 0, end));
    this.head = head;
    this.buffer = this.buffer.subarray(end + 4);
    this.waiting = { body: this.admit(head, this), length: head.bodyLength };
  }

  private onEnd(): void {
    this.clientEnded = true;
    if (this.busy) {
      if (this.flight?.endless) this.socket.destroy();
    } else if (this.buffer.length > 0 || this.waiting)
      this.onRefusal(new Refusal('framing.incomplete', 'The request ended before it was complete.', 400), this);
    else this.end();
  }

  private onTimeout(): void {
    if (this.busy) return;
    if (this.begun === 0) this.end();
    else this.onRefusal(new Refusal('framing.slow', 'The request took too long to arrive.', 408), this);
  }

  private end(): void {
    this.over = true;
    this.flight?.line.abort();
    this.socket.end();
    // Bytes still arriving are read and dropped for a moment: closing on unread data would reset the answer away.
    setTimeout(() => this.socket.destroy(), LINGER_MS).unref();
  }
}
