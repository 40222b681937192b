import { createConnection, type Socket } from 'node:net';
import { ChunkScanner, joinChunks } from './chunks.ts';

export interface AnswerHead {
  status: number;
  headers: ReadonlyMap<string, string>;
  /** How the body ends: after so many bytes, with its last chunk, or with the connection. */
  body: number | 'chunked' | 'close';
}

/** Receives one answer; exactly one of `onEnd` and `onFail` is its last call. Chunks come with their framing. */
export interface AnswerSink {
  onHead(head: AnswerHead): void;
  onBody(wire: Buffer): void;
  onEnd(): void;
  onFail(cause: Error): void;
}

const MAX_IDLE = 16;
const MAX_BYTES = 4 * 1024 * 1024;
const SILENCE_MS = 120_000;

/** Connections to the Docker socket, kept open and used by one request at a time. */
export class Upstream {
  private readonly path: string;
  private readonly prefix: string;
  private readonly idle: Line[] = [];

  constructor(path: string, apiVersion: string) {
    this.path = path;
    this.prefix = `/v${apiVersion}`;
  }

  /** Sends a request that consists of nothing but these values. A stream may be silent for ever, others for two minutes. */
  send(method: string, target: string, headers: string, body: string, isStream: boolean, sink: AnswerSink): Line {
    const line = this.idle.pop() ?? new Line(createConnection({ path: this.path }), this.idle);
    const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '';
    line.start(
      `${method} ${this.prefix}${target} HTTP/1.1\r\nHost: docker\r\n${headers}${length}\r\n${body}`,
      isStream,
      sink,
    );
    return line;
  }

  /** Sends a request and reads the whole answer. Rejects if it is longer than 4 MiB or does not come. */
  ask(method: string, target: string, headers = '', body = ''): Promise<{ status: number; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let head: AnswerHead = { status: 0, headers: new Map(), body: 0 };
      let room = MAX_BYTES;
      const line = this.send(method, target, headers, body, false, {
        onHead: (value) => {
          head = value;
        },
        onBody: (wire) => {
          parts.push(wire);
          room -= wire.length;
          if (room < 0) line.abort();
        },
        onEnd: () => {
          const wire = Buffer.concat(parts);
          resolve({ status: head.status, body: head.body === 'chunked' ? joinChunks(wire) : wire });
        },
        onFail: reject,
      });
    });
  }

  close(): void {
    for (const line of this.idle.splice(0)) line.abort();
  }
}

/** One connection to the daemon, with at most one request in flight. */
export class Line {
  private readonly socket: Socket;
  private readonly idle: Line[];
  private sink: AnswerSink | undefined;
  private buffer: Buffer = Buffer.alloc(0);
  private head: AnswerHead | undefined;
  private left = 0;
  private chunks = new ChunkScanner();

  constructor(socket: Socket, idle: Line[]) {
    this.socket = socket;
    this.idle = idle;
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('timeout', () => this.fail(new Error('The daemon did not answer in time.')));
    socket.on('error', (cause) => this.fail(cause));
    socket.on('close', () =>
      this.head?.body === 'close' ? this.finish() : this.fail(new Error('The daemon hung up.')),
    );
  }

  start(request: string, isStream: boolean, sink: AnswerSink): void {
    this.sink = sink;
    this.head = undefined;
    this.chunks = new ChunkScanner();
    this.socket.setTimeout(isStream ? 0 : SILENCE_MS);
    this.socket.write(request);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  abort(): void {
    this.fail(new Error('The request was given up.'));
  }

  private read(bytes: Buffer): void {
    try {
      if (!this.sink) throw new Error('The daemon sent bytes that nobody asked for.');
      this.readBody(this.head ? bytes : this.readHead(bytes));
    } catch (cause) {
      this.fail(cause as Error);
    }
  }

  /** Returns the bytes behind the head. */
  private readHead(bytes: Buffer): Buffer {
    this.buffer = Buffer.concat([this.buffer, bytes]);
    const end = this.buffer.indexOf('\r\n\r\n');
    if (end < 0 && this.buffer.length < 64 * 1024) return Buffer.alloc(0);
    this.head = readAnswerHead(this.buffer.toString('latin1', 0, end));
    this.left = typeof this.head.body === 'number' ? this.head.body : 0;
    const rest = this.buffer.subarray(end + 4);
    this.buffer = Buffer.alloc(0);
    this.sink?.onHead(this.head);
    return rest;
  }

  private readBody(bytes: Buffer): void {
    if (!this.head) return;
    const { body } = this.head;
    const used =
      body === 'chunked'
        ? this.chunks.scan(bytes)
        : body === 'close'
          ? bytes.length
          : Math.min(this.left, bytes.length);
    this.left -= used;
    if (used > 0) this.sink?.onBody(bytes.subarray(0, used));
    if (used < bytes.length) throw new Error('The daemon sent more than one answer.');
    if (body === 'chunked' ? this.chunks.done : body !== 'close' && this.left === 0) this.finish();
  }

  private finish(): void {
    const { sink } = this;
    this.sink = undefined;
    if (this.socket.destroyed || this.head?.headers.get('connection') === 'close' || this.idle.length >= MAX_IDLE)
      this.socket.destroy();
    else {
      this.socket.setTimeout(0);
      this.socket.resume();
      this.idle.push(this);
    }
    sink?.onEnd();
  }

  private fail(cause: Error): void {
    const { sink } = this;
    this.sink = undefined;
    const at = this.idle.indexOf(this);
    if (at >= 0) this.idle.splice(at, 1);
    this.socket.destroy();
    sink?.onFail(cause);
  }
}

function readAnswerHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(first)?.[1]);
  if (!status) throw new Error('The daemon answered something else than HTTP.');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = Number(headers.get('content-length'));
  if (headers.get('transfer-encoding') === 'chunked') return { status, headers, body: 'chunked' };
  if (status === 204 || status === 304) return { status, headers, body: 0 };
  return { status, headers, body: Number.isSafeInteger(length) ? length : 'close' };
}
