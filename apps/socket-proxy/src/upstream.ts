import { createConnection, type Socket } from 'node:net';

export interface ResponseHead {
  status: number;
  headers: ReadonlyMap<string, string>;
  /** How the body ends: after so many bytes, with a last chunk, or with the connection. */
  body: number | 'chunked' | 'close';
}

/** Receives one answer. Bytes of the body come as they were on the wire, chunk framing included. */
export interface AnswerSink {
  onHead(head: ResponseHead): void;
  onBody(wire: Buffer): void;
  onEnd(): void;
  onFail(cause: Error): void;
}

/** One request in flight, for the side that reads the answer. */
export interface Flight {
  pause(): void;
  resume(): void;
  abort(): void;
}

const MAX_IDLE = 16;
const MAX_HEAD = 64 * 1024;

/** Connections to the Docker socket, kept open and used by one request at a time. */
export class Upstream {
  private readonly idle: Line[] = [];
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Sends one request. `timeoutMs` is the longest silence; 0 waits for ever. The sink gets onEnd or onFail exactly once. */
  send(request: string, timeoutMs: number, sink: AnswerSink): Flight {
    const line = this.idle.pop() ?? new Line(createConnection({ path: this.path }), this.idle);
    return line.start(request, timeoutMs, sink);
  }

  /** Sends one request and reads the whole answer, chunks undone. Rejects if it is longer than `maxBytes` or does not come. */
  ask(request: string, timeoutMs: number, maxBytes: number): Promise<{ head: ResponseHead; body: Buffer }> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let size = 0;
      let head: ResponseHead | undefined;
      const flight = this.send(request, timeoutMs, {
        onHead: (value) => {
          head = value;
        },
        onBody: (wire) => {
          parts.push(wire);
          size += wire.length;
          if (size > maxBytes) flight.abort();
        },
        onEnd: () => {
          const wire = Buffer.concat(parts);
          if (head) resolve({ head, body: head.body === 'chunked' ? joinChunks(wire) : wire });
        },
        onFail: reject,
      });
    });
  }

  close(): void {
    for (const line of this.idle.splice(0)) line.abort();
  }
}

class Line implements Flight {
  private readonly socket: Socket;
  private readonly idle: Line[];
  private sink: AnswerSink | undefined;
  private buffer: Buffer = Buffer.alloc(0);
  private head: ResponseHead | undefined;
  private left = 0;
  private chunks = new ChunkScanner();

  constructor(socket: Socket, idle: Line[]) {
    this.socket = socket;
    this.idle = idle;
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('timeout', () => this.fail(new Error('The daemon did not answer in time.')));
    socket.on('error', (cause) => this.fail(cause));
    socket.on('close', () => {
      if (this.head?.body === 'close') this.finish();
      else this.fail(new Error('The daemon closed the connection.'));
    });
  }

  start(request: string, timeoutMs: number, sink: AnswerSink): Flight {
    this.sink = sink;
    this.head = undefined;
    this.chunks = new ChunkScanner();
    this.socket.setTimeout(timeoutMs);
    this.socket.write(request);
    return this;
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
      this.body(this.head ? bytes : this.readHead(bytes));
    } catch (cause) {
      this.fail(cause as Error);
    }
  }

  private readHead(bytes: Buffer): Buffer {
    this.buffer = this.buffer.length === 0 ? bytes : Buffer.concat([this.buffer, bytes]);
    const end = this.buffer.indexOf('\r\n\r\n');
    if (end < 0 && this.buffer.length <= MAX_HEAD) return this.buffer.subarray(0, 0);
    this.head = parseHead(this.buffer.toString('latin1', 0, end));
    const rest = this.buffer.subarray(end + 4);
    this.buffer = Buffer.alloc(0);
    this.left = typeof this.head.body === 'number' ? this.head.body : 0;
    this.sink?.onHead(this.head);
    return rest;
  }

  private body(bytes: Buffer): void {
    if (!this.head) return;
    const { body } = this.head;
    const used =
      body === 'close'
        ? bytes.length
        : body === 'chunked'
          ? this.chunks.scan(bytes)
          : Math.min(this.left, bytes.length);
    if (used > 0) this.sink?.onBody(bytes.subarray(0, used));
    this.left -= used;
    if (used < bytes.length) throw new Error('The daemon sent more than one answer.');
    if (body === 'chunked' ? this.chunks.done : body !== 'close' && this.left === 0) this.finish();
  }

  /** The answer is complete: the line goes back to the pool unless the daemon wants it closed. */
  private finish(): void {
    const { sink } = this;
    const reusable = this.head?.body !== 'close' && this.head?.headers.get('connection') !== 'close';
    this.sink = undefined;
    if (reusable && this.idle.length < MAX_IDLE && !this.socket.destroyed) {
      this.socket.setTimeout(0);
      this.socket.resume();
      this.idle.push(this);
    } else this.socket.destroy();
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

function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(first)?.[1]);
  if (!status) throw new Error('The daemon answered something else than HTTP.');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = headers.get('content-length');
  if (headers.get('transfer-encoding') === 'chunked') return { status, headers, body: 'chunked' };
  if (status === 204 || status === 304) return { status, headers, body: 0 };
  if (length === undefined) return { status, headers, body: 'close' };
  if (!/^\d{1,15}$/.test(length)) throw new Error('The daemon sent a malformed Content-Length.');
  return { status, headers, body: Number(length) };
}

/** Finds the end of a chunked body without copying it. */
class ChunkScanner {
  done = false;
  private left = 0;
  private line = '';
  private last = false;

  /** Returns how many of the bytes belong to this body. */
  scan(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && !this.done) {
      if (this.left > 0) {
        const step = Math.min(this.left, bytes.length - at);
        this.left -= step;
        at += step;
        continue;
      }
      const feed = bytes.indexOf(10, at);
      const stop = feed < 0 ? bytes.length : feed + 1;
      this.line += bytes.toString('latin1', at, stop);
      at = stop;
      if (this.line.length > 64) throw new Error('The daemon sent a malformed chunk.');
      if (feed >= 0) this.endLine(this.line.trimEnd());
    }
    return at;
  }

  private endLine(line: string): void {
    this.line = '';
    if (this.last) {
      if (line !== '') throw new Error('The daemon sent a trailer.');
      this.done = true;
      return;
    }
    if (!/^[0-9a-fA-F]{1,8}$/.test(line)) throw new Error('The daemon sent a malformed chunk.');
    const size = Number.parseInt(line, 16);
    this.last = size === 0;
    // The two bytes behind the chunk are its own CRLF.
    this.left = size === 0 ? 0 : size + 2;
  }
}

function joinChunks(wire: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < wire.length; ) {
    const end = wire.indexOf('\r\n', at);
    const size = Number.parseInt(wire.toString('latin1', at, end), 16);
    parts.push(wire.subarray(end + 2, end + 2 + size));
    at = end + 4 + size;
  }
  return Buffer.concat(parts);
}
