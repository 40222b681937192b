import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { AuditLog, Decision } from './audit.ts';
import type { Config } from './config.ts';
import { type Answer, answerTo, type Daemon, readAnswer } from './daemon.ts';
import { endpointJudge, type Permit } from './endpoints.ts';
import { Owners } from './owners.ts';
import { Refusal } from './refusal.ts';
import { readHead } from './request-head.ts';

const LINGER_MS = 1_000;
const INFO_FIELDS = ['ServerVersion', 'NCPU', 'MemTotal', 'OSType', 'Architecture', 'CgroupVersion', 'SecurityOptions'];
const ANSWER_HEADERS = ['content-type', 'content-length', 'api-version', 'ostype'];
const NO_ANSWER = new Refusal('daemon', 'The Docker daemon gave no proper answer.', 502);
const FAULTS: Record<string, Refusal> = {
  ERR_HTTP_REQUEST_TIMEOUT: new Refusal('framing.slow', 'The request took too long to arrive.', 408),
  HPE_INVALID_EOF_STATE: new Refusal('framing.incomplete', 'The request ended before it was complete.', 400),
  HPE_HEADER_OVERFLOW: new Refusal('framing.head-length', 'The head is too long.', 431),
};

/** One request and its answer. `reading`: its body is still to come. `refused`: nothing behind it is read any more. */
interface Exchange {
  response: ServerResponse;
  started: number;
  stage: 'reading' | 'asking' | 'refused';
  permit?: Permit;
  /** Full id of the container, once it is known to be ours. */
  id?: string | undefined;
}

/** Judges, proves ownership, sends what was rebuilt, writes the decision down, answers. */
export class Service {
  private readonly config: Config;
  private readonly audit: AuditLog;
  private readonly daemon: Daemon;
  private readonly owners: Owners;
  private readonly judge: ReturnType<typeof endpointJudge>;
  /** What is under way on a connection, or has ended it. */
  private readonly exchanges = new WeakMap<Socket, Exchange>();
  private streams = 0;

  constructor(config: Config, audit: AuditLog, daemon: Daemon) {
    this.config = config;
    this.audit = audit;
    this.daemon = daemon;
    this.owners = new Owners(daemon, config.owner);
    this.judge = endpointJudge(config.policy, config.owner);
  }

  /** Answers a request; whatever goes wrong becomes a refusal. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const before = this.exchanges.get(request.socket);
    if (before?.stage === 'refused') return;
    const exchange = this.begin(request.socket, response);
    try {
      if (before) throw new Refusal('framing.pipelined', 'The request before this one is not answered yet.', 400);
      const head = readHead(request);
      const withBody = this.judge(head);
      exchange.permit = withBody(head.bodyLength > 0 ? await readBody(request) : Buffer.alloc(0));
      exchange.stage = 'asking';
      await this.forward(exchange, exchange.permit);
    } catch (cause) {
      this.refuse(exchange, cause);
    }
  }

  /** The client closed its sending side. It may wait for a short answer; of a stream it is gone for good. */
  onHalfClosed(socket: Socket): void {
    if (this.exchanges.get(socket)?.permit?.isStream) setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }

  /** What came is not HTTP, or not in time, or the connection broke. `code` is Node's. */
  onBroken(socket: Socket, code: string, newResponse: () => ServerResponse): void {
    const exchange = this.exchanges.get(socket);
    if (exchange?.stage === 'refused') return;
    const refusal = FAULTS[code] ?? new Refusal('framing.malformed', 'This is not plain HTTP/1.1.', 400);
    if (exchange?.stage === 'asking' || !socket.writable) socket.destroy();
    else this.refuse(exchange ?? this.begin(socket, newResponse()), refusal);
  }

  private begin(socket: Socket, response: ServerResponse): Exchange {
    const exchange: Exchange = { response, started: performance.now(), stage: 'reading' };
    this.exchanges.set(socket, exchange);
    return exchange;
  }

  private async forward(exchange: Exchange, permit: Permit): Promise<void> {
    const { response } = exchange;
    this.audit.flush();
    if (permit.container !== undefined) exchange.id = await this.owners.resolve(permit.container);
    if (response.closed) return;
    if (permit.isStream) this.countStream(response);
    const target = permit.path.replace('{container}', exchange.id ?? '') + (permit.query && `?${permit.query}`);
    const headers = permit.registryAuth === undefined ? [] : ['X-Registry-Auth', permit.registryAuth];
    if (permit.body !== undefined) headers.push('Content-Type', 'application/json');
    const outgoing = this.daemon.open(permit.method, target, headers, permit.body, permit.isStream);
    // A client that goes away takes its request to the daemon with it.
    response.once('close', () => outgoing.destroy());
    const answer = await answerTo(outgoing);
    if (permit.isStream) await this.relay(exchange, answer);
    else this.answer(exchange, permit, await readAnswer(answer));
  }

  private countStream(response: ServerResponse): void {
    if (this.streams >= this.config.policy.limits.streams)
      throw new Refusal('limit.streams', 'Too many streams are open.', 429);
    this.streams += 1;
    response.once('close', () => {
      this.streams -= 1;
    });
  }

  private async relay(exchange: Exchange, answer: IncomingMessage): Promise<void> {
    const { response } = exchange;
    this.record(exchange, 'allow', 'positive-list', answer.statusCode);
    // The next request would come before this side knows that the last byte has arrived.
    response.shouldKeepAlive = false;
    response.writeHead(answer.statusCode ?? 502, headersOf(answer.headers)).flushHeaders();
    await pipeline(answer, response);
  }

  private answer(exchange: Exchange, permit: Permit, { status, headers, body: received }: Answer): void {
    const { response } = exchange;
    const isCut = permit.endpoint === 'info' && status === 200;
    const body = isCut ? onlyKnown(received) : received;
    if (permit.endpoint === 'container.create' && status === 201) this.owners.add(JSON.parse(body.toString()).Id);
    if (permit.endpoint === 'container.remove' && status < 300) this.owners.forget(exchange.id ?? '');
    this.record(exchange, 'allow', 'positive-list', status);
    this.exchanges.delete(response.req.socket);
    if (response.destroyed) return;
    const fingerprint = permit.endpoint === 'version' && { 'X-Bigeye-Policy': this.config.fingerprint };
    const length = status !== 204 && status !== 304 && { 'content-length': body.length };
    response.writeHead(status, { ...headersOf(headers), ...fingerprint, ...length }).end(body);
  }

  /** Refuses and ends the connection; what the client sent behind its request is never read as one. */
  private refuse(exchange: Exchange, cause: unknown): void {
    const { response } = exchange;
    if (exchange.stage === 'refused' || response.headersSent) {
      response.destroy();
      return;
    }
    exchange.stage = 'refused';
    let refusal = cause instanceof Refusal ? cause : NO_ANSWER;
    try {
      this.record(exchange, refusal.status < 500 ? 'deny' : 'fail', refusal.rule, refusal.status);
    } catch {
      refusal = new Refusal('audit', 'The audit log cannot be written.', 503);
    }
    if (response.destroyed) return;
    const body = JSON.stringify({ message: `Docker guard: ${refusal.message}`, rule: refusal.rule });
    const { socket } = response;
    response.shouldKeepAlive = false;
    response.writeHead(refusal.status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    if (socket) {
      // What still arrives is read and dropped for a moment: closing on unread bytes would take the answer back.
      response.req.on('error', () => {}).resume();
      response.flushHeaders();
      response.write(body);
      socket.end();
      setTimeout(() => socket.destroy(), LINGER_MS).unref();
    } else response.end(body);
  }

  /** Writes a decision down. One that changes state, or refuses to, is on disk before its answer leaves. */
  private record(exchange: Exchange, verdict: Decision['verdict'], rule: string, status = 0): void {
    const { permit, response, started } = exchange;
    const { method = '-', socket } = response.req;
    this.audit.record({
      caller: socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress}:${socket.remotePort}`,
      method,
      endpoint: permit?.endpoint ?? '-',
      container: exchange.id ?? permit?.container,
      bodySha256: permit?.body && hash('sha256', permit.body),
      verdict,
      rule,
      status,
      micros: Math.round((performance.now() - started) * 1000),
    });
    if (method !== 'GET') this.audit.flush();
  }
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => resolve(Buffer.concat(parts)));
    request.on('error', reject);
  });
}

function headersOf(headers: Answer['headers']): Record<string, string> {
  const kept = ANSWER_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]));
  return Object.fromEntries(kept);
}

function onlyKnown(info: Buffer): Buffer {
  const fields = JSON.parse(info.toString());
  return Buffer.from(JSON.stringify(Object.fromEntries(INFO_FIELDS.map((name) => [name, fields[name]]))));
}
