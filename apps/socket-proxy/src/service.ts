import { hash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { AuditLog, Decision } from './audit.ts';
import { ByteReader } from './byte-reader.ts';
import type { Config } from './config.ts';
import { type AnswerHead, type Daemon, hasNoBody, NO_ANSWER } from './daemon.ts';
import { endpointJudge, type Permit } from './endpoints.ts';
import { Owners } from './owners.ts';
import { Refusal } from './refusal.ts';
import { readHead } from './request-head.ts';
import { bindSourcesOf, Sources } from './sources.ts';

const MOST_HEAD_BYTES = 24 * 1024;
const IDLE_MS = 60_000;
const REQUEST_MS = 15_000;
const LINGER_MS = 1_000;
const INFO_FIELDS = ['ServerVersion', 'NCPU', 'MemTotal', 'OSType', 'Architecture', 'CgroupVersion', 'SecurityOptions'];
/** What a client may have of an answer that tells of the machine too. */
// biome-ignore lint/suspicious/noExplicitAny: what the daemon answers; what is missing there is missing here
const CUTS: Record<string, (answer: any) => object> = {
  info: (info) => Object.fromEntries(INFO_FIELDS.map((name) => [name, info[name]])),
  'container.stats': ({ read, cpu_stats: cpu, pids_stats: pids, memory_stats: memory }) => ({
    read,
    cpu_stats: { cpu_usage: { total_usage: cpu?.cpu_usage?.total_usage } },
    pids_stats: { current: pids?.current },
    memory_stats: {
      usage: memory?.usage,
      stats: { total_inactive_file: memory?.stats?.total_inactive_file, inactive_file: memory?.stats?.inactive_file },
    },
  }),
};
const ANSWER_HEADERS = ['content-type', 'api-version', 'ostype'];
const FRAMING_HEADERS = ['transfer-encoding', 'content-length'];

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
  private readonly sources: Sources;
  private readonly judge: ReturnType<typeof endpointJudge>;
  private streams = 0;

  constructor(config: Config, audit: AuditLog, daemon: Daemon) {
    this.config = config;
    this.audit = audit;
    this.daemon = daemon;
    this.owners = new Owners(daemon, config.owner);
    this.sources = new Sources(config.policy);
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
        if (socket.writableNeedDrain) await once(socket, 'drain', { signal: AbortSignal.timeout(IDLE_MS) });
      } catch (cause) {
        return this.refuse(exchange, cause);
      }
    }
  }

  private async forward(exchange: Exchange, permit: Permit, reader: ByteReader): Promise<void> {
    const { socket } = exchange;
    const { method, body, isStream } = permit;
    this.audit.admit(method);
    if (permit.container !== undefined) exchange.id = await this.owners.resolve(permit.container);
    // Awaited only where there is something to await: one more turn of the event loop is a tenth of what the guard costs.
    const looking = this.judgeSources(exchange, permit);
    if (looking) await looking;
    if (socket.destroyed) throw NO_ANSWER;
    if (isStream && this.streams >= this.config.policy.limits.streams)
      throw new Refusal('limit.streams', 'Too many streams are open.', 429);
    const target = permit.path.replace('{container}', exchange.id ?? '') + (permit.query && `?${permit.query}`);
    const auth = permit.registryAuth === undefined ? '' : `X-Registry-Auth: ${permit.registryAuth}\r\n`;
    const headers = body === undefined ? auth : 'Content-Type: application/json\r\n';
    const call = this.daemon.send({ method, target, headers, body, isStream });
    // A client that goes away takes its request to the daemon with it. One that only closed its sending side may wait for a
    // short answer; of a stream it is gone.
    const leave = () => call.destroy();
    socket.once('close', leave);
    if (isStream && reader.isOver) destroySoon(socket);
    else if (isStream) socket.once('end', () => destroySoon(socket));
    this.streams += Number(isStream);
    try {
      const head = await call.takeHead();
      const whole = isStream ? undefined : this.learn(exchange, permit, head.status, await call.takeWholeBody());
      this.answer(exchange, permit, head, whole);
      if (!isStream) return;
      const body = call.takeBody();
      await pipeline(head.headers.has('transfer-encoding') ? inChunks(body) : body, socket, { end: false });
    } catch (cause) {
      call.destroy();
      throw cause;
    } finally {
      this.streams -= Number(isStream);
      socket.off('close', leave);
    }
  }

  /** At create, and again at start, when the daemon follows the path: a container may be older than the folder. */
  private judgeSources({ id }: Exchange, { endpoint, sources }: Permit): Promise<void> | undefined {
    this.sources.judge(sources, 'create.HostConfig.Mounts.Source');
    return endpoint === 'container.start' && this.sources.isVisible ? this.judgeSourcesOf(id ?? '') : undefined;
  }

  private async judgeSourcesOf(id: string): Promise<void> {
    const { status, body } = await this.daemon.ask({ method: 'GET', target: `/containers/${id}/json` });
    if (status === 404) return;
    if (status !== 200) throw NO_ANSWER;
    this.sources.judge(bindSourcesOf(JSON.parse(body.toString()).Mounts), 'start.Mounts.Source');
  }

  /** Writes the decision down and then answers; the body of a stream follows. Does not wait: `call` is not ours any more. */
  private answer(exchange: Exchange, permit: Permit, head: AnswerHead, body: Buffer | undefined): void {
    this.record(exchange, 'allow', 'positive-list', head.status);
    exchange.isAnswered = true;
    const start = Buffer.from(this.answerHead(permit, head, body), 'latin1');
    exchange.socket.write(body ? Buffer.concat([start, body]) : start);
  }

  /** Notes what the answer says of ownership; returns as much of it as the client may have. */
  private learn({ id }: Exchange, { endpoint }: Permit, status: number, body: Buffer): Buffer {
    if (endpoint === 'container.create' && status === 201) this.owners.add(JSON.parse(body.toString()).Id);
    if (endpoint === 'container.remove' && status < 300) this.owners.forget(id ?? '');
    const cut = status === 200 ? CUTS[endpoint] : undefined;
    return cut ? Buffer.from(JSON.stringify(cut(JSON.parse(body.toString())))) : body;
  }

  /** Only headers that a client may need pass. A stream is framed as it came, and ends its connection. */
  private answerHead({ endpoint }: Permit, { status, headers }: AnswerHead, whole: Buffer | undefined): string {
    const names = whole ? ANSWER_HEADERS : [...ANSWER_HEADERS, ...FRAMING_HEADERS];
    const kept = names.map((name) => (headers.has(name) ? `${name}: ${headers.get(name)}\r\n` : ''));
    const length = whole && !hasNoBody(status) ? `Content-Length: ${whole.length}\r\n` : '';
    const fingerprint = endpoint === 'version' ? `X-Bigeye-Policy: ${this.config.fingerprint}\r\n` : '';
    const close = whole ? '' : 'Connection: close\r\n';
    return `HTTP/1.1 ${status} ${status < 400 ? 'OK' : 'Error'}\r\n${kept.join('')}${length}${fingerprint}${close}\r\n`;
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
  }
}

async function* inChunks(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of body)
    yield Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
  yield Buffer.from('0\r\n\r\n');
}

/**
 * Goes on reading and dropping until the client closes: a socket that is closed with unread bytes is reset, and the client
 * could lose the answer.
 */
function hangUp(socket: Socket): void {
  socket.removeAllListeners('data').resume();
  socket.end(() => destroySoon(socket)).setTimeout(IDLE_MS, () => socket.destroy());
}

function destroySoon(socket: Socket): void {
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
