import { createConnection, type Socket } from 'node:net';
import { ByteReader } from './byte-reader.ts';
import { Refusal } from './refusal.ts';

const MOST_HEAD_BYTES = 64 * 1024;
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;
const MOST_IDLE = 64;
const SILENCE_MS = 120_000;
const FIRST_ANSWER_MS = 10_000;
const OLDEST_MINOR = 41;
const TESTED_MINOR = 44;
export const NO_ANSWER = new Refusal('daemon', 'The Docker daemon gave no proper answer.', 502);

/** What is sent, all of it: nothing else of a client's request reaches the daemon. `headers` are whole lines. */
export interface DaemonRequest {
  method: string;
  target: string;
  headers?: string;
  body?: string | undefined;
  /** The answer may take as long as it likes. */
  isStream?: boolean;
}

/** The names of headers are in small letters. */
export interface AnswerHead {
  status: number;
  headers: ReadonlyMap<string, string>;
}

/** The Docker daemon behind its socket. */
export class Daemon {
  private readonly socketPath: string;
  private readonly idle: DaemonConnection[] = [];
  private prefix = '';

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /**
   * Settles the one version under which everything is sent: 1.44, or the newest of an older engine. Throws below 1.41. A
   * daemon that does not say its version now gets 1.44, which an older one refuses.
   */
  async agreeOnVersion(): Promise<void> {
    const answer = await this.ask({ method: 'GET', target: '/version' }, FIRST_ANSWER_MS).catch(() => undefined);
    const minor = Number(/"ApiVersion":"1\.(\d{1,3})"/.exec(answer?.body.toString() ?? '')?.[1] ?? TESTED_MINOR);
    if (minor < OLDEST_MINOR)
      throw new Error(`The Docker daemon speaks API 1.${minor}; 1.${OLDEST_MINOR} is needed. Update the engine.`);
    this.prefix = `/v1.${Math.min(minor, TESTED_MINOR)}`;
  }

  /** Sends a request on a connection of its own until its answer is taken. The daemon may be silent for `patienceMs`. */
  send(
    { method, target, headers = '', body = '', isStream }: DaemonRequest,
    patienceMs = SILENCE_MS,
  ): DaemonConnection {
    let connection = this.idle.pop();
    while (connection?.isSpent) connection = this.idle.pop();
    connection ??= new DaemonConnection(createConnection(this.socketPath), this.idle);
    const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '';
    const bytes = `${method} ${this.prefix}${target} HTTP/1.1\r\nHost: docker\r\n${headers}${length}\r\n${body}`;
    connection.send(bytes, isStream ? Number.POSITIVE_INFINITY : patienceMs);
    return connection;
  }

  /** Sends a request and takes the whole answer. */
  async ask(request: DaemonRequest, patienceMs?: number): Promise<{ status: number; body: Buffer }> {
    const connection = this.send(request, patienceMs);
    const { status } = await connection.takeHead();
    return { status, body: await connection.takeWholeBody() };
  }

  close(): void {
    for (const connection of this.idle) connection.destroy();
  }
}

/** Answers that end with their head. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 304;
}

/** One connection to the daemon, for one request at a time. Whatever is wrong with an answer throws NO_ANSWER. */
class DaemonConnection {
  private readonly socket: Socket;
  private readonly reader: ByteReader;
  private readonly idle: DaemonConnection[];
  private head: AnswerHead = { status: 0, headers: new Map() };

  constructor(socket: Socket, idle: DaemonConnection[]) {
    this.socket = socket;
    this.reader = new ByteReader(socket, NO_ANSWER);
    this.idle = idle;
  }

  /** Closed, or has said something that nobody asked for. */
  get isSpent(): boolean {
    return this.socket.destroyed || this.reader.isOver || this.reader.length > 0;
  }

  send(bytes: string, patienceMs: number): void {
    this.reader.deadline = performance.now() + patienceMs;
    this.socket.write(bytes);
  }

  /** The head has one header of framing at most. */
  async takeHead(): Promise<AnswerHead> {
    const [line = '', ...fields] = (await this.reader.takeText('\r\n\r\n', MOST_HEAD_BYTES)).split('\r\n');
    // 1xx would mean that the protocol changes, or that a second head follows.
    const status = Number(/^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/.exec(line)?.[1]);
    const headers = new Map<string, string>();
    for (const field of fields) {
      const colon = field.indexOf(':');
      headers.set(field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim());
    }
    if (Number.isNaN(status) || (headers.get('transfer-encoding') ?? 'chunked') !== 'chunked') throw this.destroy();
    // An answer that ends with its head has no framing, whatever it says. Where both are there, the chunks count.
    if (hasNoBody(status)) headers.delete('transfer-encoding');
    if (hasNoBody(status) || headers.has('transfer-encoding')) headers.delete('content-length');
    this.head = { status, headers };
    return this.head;
  }

  /** The body without its framing, in pieces as they come. When it is whole, the connection is free for the next request. */
  async *takeBody(): AsyncGenerator<Buffer> {
    const { status, headers } = this.head;
    const isChunked = headers.has('transfer-encoding');
    const length = /^\d{1,15}$/.exec(hasNoBody(status) ? '0' : (headers.get('content-length') ?? ''))?.[0];
    for (let left = isChunked ? await this.takeChunkSize() : Number(length); left !== 0; ) {
      if (Number.isNaN(left)) throw this.destroy();
      const piece = await this.reader.takeSome(left);
      yield piece;
      left -= piece.length;
      if (left > 0 || !isChunked) continue;
      await this.takeLineEnd();
      left = await this.takeChunkSize();
    }
    if (isChunked) await this.takeLineEnd();
    if (this.idle.length < MOST_IDLE && headers.get('connection') !== 'close') this.idle.push(this);
    else this.destroy();
  }

  async takeWholeBody(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let room = MOST_ANSWER_BYTES;
    for await (const piece of this.takeBody()) {
      pieces.push(piece);
      room -= piece.length;
      if (room < 0) throw this.destroy();
    }
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }

  /** Returns what to throw where the daemon is the reason. */
  destroy(): Refusal {
    this.socket.destroy();
    return NO_ANSWER;
  }
  private async takeLineEnd(): Promise<void> {
    if ((await this.reader.takeText('\r\n', 2)) !== '') throw this.destroy();
  }

  private async takeChunkSize(): Promise<number> {
    return Number.parseInt(/^[0-9a-f]{1,8}$/i.exec(await this.reader.takeText('\r\n', 64))?.[0] ?? '', 16);
  }
}
