import { hash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AuditLog, Decision } from './audit.ts';
import { ByteReader } from './byte-reader.ts';
import type { Config } from './config.ts';
import { type AnswerHead, type Daemon, hasNoBody, NO_ANSWER } from './daemon.ts';
import { endpointJudge, type Permit } from './endpoints.ts';
import { Owners } from './owners.ts';
import { Refusal } from './refusal.ts';
import { readHead } from './request-head.ts';

const MOST_HEAD_BYTES = 24 * 1024;
const IDLE_MS = 60_000;
const REQUEST_MS = 15_000;
const LINGER_MS = 1_000;
const INFO_FIELDS = ['ServerVersion', 'NCPU', 'MemTotal', 'OSType', 'Architecture', 'CgroupVersion', 'SecurityOptions'];
const ANSWER_HEADERS = ['content-type', 'api-version', 'ostype'];
const LINE_END = Buffer.from('\r\n');

/** One request and its answer, as far as it has come. */
interface Exchange {
  socket: Socket;
  started: number;
  method: string;
  permit?: Permit;
  /** Full id of the container, once it is known to be ours. */
  id?: string;
  isAnswered?: boolean;
}

/** Judges, proves ownership, sends what was rebuilt, writes the decision down, answers. */
export class Service {
  private readonly config: Config;
  private readonly audit: AuditLog;
  private readonly daemon: Daemon;
  private readonly owners: Owners;
  private readonly judge: ReturnType<typeof endpointJudge>;
  private streams = 0;

  constructor(config: Config, audit: AuditLog, daemon: Daemon) {
    this.config = config;
    this.audit = audit;
    this.daemon = daemon;
    this.owners = new Owners(daemon, config.owner);
    this.judge = endpointJudge(config.policy, config.owner);
  }

  /** Serves one client, a request after the other, until it is done, or wants too much; nothing behind that is read. */
  async serve(socket: Socket): Promise<void> {
    const reader = new ByteReader(socket);
    for (let isEarly = false; ; isEarly = reader.length > 0) {
      reader.deadline = performance.now() + IDLE_MS;
      if (!(await reader.arrives())) return hangUp(socket);
      const exchange: Exchange = { socket, started: performance.now(), method: '-' };
      try {
        if (isEarly) throw new Refusal('framing.pipelined', 'The request before this one was not answered yet.', 400);
        reader.deadline = exchange.started + REQUEST_MS;
        const head = readHead(await reader.takeText('\r\n\r\n', MOST_HEAD_BYTES));
        exchange.method = head.method;
        const withBody = this.judge(head);
        exchange.permit = withBody(await reader.take(head.bodyLength));
        await this.forward(exchange, exchange.permit, reader);
        if (exchange.permit.isStream || /^close$/i.test(head.headers.get('connection') ?? '')) return hangUp(socket);
      } catch (cause) {
        return this.refuse(exchange, cause);
      }
    }
  }

  private async forward(exchange: Exchange, permit: Permit, reader: ByteReader): Promise<void> {
    const { socket } = exchange;
    const { method, body, isStream } = permit;
    this.audit.flush();
    if (permit.container !== undefined) exchange.id = await this.owners.resolve(permit.container);
    if (socket.destroyed) throw NO_ANSWER;
    if (isStream && this.streams >= this.config.policy.limits.streams)
      throw new Refusal('limit.streams', 'Too many streams are open.', 429);
    const target = permit.path.replace('{container}', exchange.id ?? '') + (permit.query && `?${permit.query}`);
    const auth = permit.registryAuth === undefined ? '' : `X-Registry-Auth: ${permit.registryAuth}\r\n`;
    const headers = body === undefined ? auth : 'Content-Type: application/json\r\n';
    const call = this.daemon.send({ method, target, headers, body }, isStream ? Number.POSITIVE_INFINITY : undefined);
    // A client that goes away takes its request to the daemon with it. One that only closed its sending side may wait for a
    // short answer; of a stream it is gone.
    const leave = () => call.destroy();
    socket.once('close', leave);
    if (isStream && reader.isOver) destroySoon(socket);
    else if (isStream) socket.once('end', () => destroySoon(socket));
    this.streams += Number(isStream);
    try {
      const head = await call.takeHead();
      if (isStream) await this.relay(exchange, head, call.takeBody());
      else await this.answer(exchange, permit, head, await call.takeWholeBody());
    } catch (cause) {
      call.destroy();
      throw cause;
    } finally {
      this.streams -= Number(isStream);
      socket.off('close', leave);
    }
  }

  private async relay(exchange: Exchange, { status, headers }: AnswerHead, body: AsyncIterable<Buffer>): Promise<void> {
    const { socket } = exchange;
    const length = hasNoBody(status) ? '' : headers.get('content-length');
    const isChunked = length === undefined;
    const framing = isChunked ? 'Transfer-Encoding: chunked\r\n' : length && `Content-Length: ${length}\r\n`;
    this.record(exchange, 'allow', 'positive-list', status);
    exchange.isAnswered = true;
    await write(socket, `${headOf(status, headers)}${framing}Connection: close\r\n\r\n`);
    for await (const piece of body) {
      const size = `${piece.length.toString(16)}\r\n`;
      await write(socket, isChunked ? Buffer.concat([Buffer.from(size), piece, LINE_END]) : piece);
    }
    if (isChunked) await write(socket, '0\r\n\r\n');
  }

  private async answer(
    exchange: Exchange,
    permit: Permit,
    { status, headers }: AnswerHead,
    received: Buffer,
  ): Promise<void> {
    const body = permit.endpoint === 'info' && status === 200 ? onlyKnown(received) : received;
    if (permit.endpoint === 'container.create' && status === 201) this.owners.add(JSON.parse(body.toString()).Id);
    if (permit.endpoint === 'container.remove' && status < 300) this.owners.forget(exchange.id ?? '');
    this.record(exchange, 'allow', 'positive-list', status);
    exchange.isAnswered = true;
    const fingerprint = permit.endpoint === 'version' ? `X-Bigeye-Policy: ${this.config.fingerprint}\r\n` : '';
    const length = hasNoBody(status) ? '' : `Content-Length: ${body.length}\r\n`;
    const head = Buffer.from(`${headOf(status, headers)}${fingerprint}${length}\r\n`, 'latin1');
    await write(exchange.socket, Buffer.concat([head, body]));
  }

  /** Refuses and hangs up. */
  private refuse(exchange: Exchange, cause: unknown): void {
    const { socket } = exchange;
    if (exchange.isAnswered) return void socket.destroy();
    let refusal = cause instanceof Refusal ? cause : NO_ANSWER;
    try {
      this.record(exchange, refusal.status < 500 ? 'deny' : 'fail', refusal.rule, refusal.status);
    } catch {
      refusal = new Refusal('audit', 'The audit log cannot be written.', 503);
    }
    const body = JSON.stringify({ message: `Docker guard: ${refusal.message}`, rule: refusal.rule });
    const head = `HTTP/1.1 ${refusal.status} Refused\r\nContent-Type: application/json\r\nConnection: close\r\n`;
    socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    hangUp(socket);
  }

  /** Writes a decision down. One that changes state, or refuses to, is on disk before its answer leaves. */
  private record(
    { socket, method, permit, id, started }: Exchange,
    verdict: Decision['verdict'],
    rule: string,
    status: number,
  ): void {
    this.audit.record({
      caller: socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress}:${socket.remotePort}`,
      method,
      endpoint: permit?.endpoint ?? '-',
      container: id ?? permit?.container,
      bodySha256: permit?.body && hash('sha256', permit.body),
      verdict,
      rule,
      status,
      micros: Math.round((performance.now() - started) * 1000),
    });
    if (method !== 'GET') this.audit.flush();
  }
}

function headOf(status: number, headers: AnswerHead['headers']): string {
  const kept = ANSWER_HEADERS.map((name) => (headers.has(name) ? `${name}: ${headers.get(name)}\r\n` : ''));
  return `HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Error'}\r\n${kept.join('')}`;
}

/** Resolves when the bytes have left; rejects if the client is gone. */
function write(socket: Socket, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, (fault) => (fault ? reject(fault) : resolve()));
  });
}

/** What still arrives is dropped for a moment: closing on unread bytes would take the answer back. */
function hangUp(socket: Socket): void {
  socket.end();
  socket.removeAllListeners('data').resume();
  destroySoon(socket);
}

function destroySoon(socket: Socket): void {
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function onlyKnown(info: Buffer): Buffer {
  const fields = JSON.parse(info.toString());
  return Buffer.from(JSON.stringify(Object.fromEntries(INFO_FIELDS.map((name) => [name, fields[name]]))));
}
