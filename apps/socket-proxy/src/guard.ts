import { hash } from 'node:crypto';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { AuditLog, type Decision } from './audit.ts';
import type { Config, ListenAddress } from './config.ts';
import { type Admit, Connection } from './connection.ts';
import { endpointTable, type Permit } from './endpoints.ts';
import { Owners } from './owners.ts';
import { Refusal } from './refusal.ts';
import { type ResponseHead, Upstream } from './upstream.ts';

const MAX_CONNECTIONS = 512;
const MAX_ANSWER_BYTES = 1024 * 1024;
const INFO_FIELDS = ['ServerVersion', 'NCPU', 'MemTotal', 'OSType', 'Architecture', 'CgroupVersion', 'SecurityOptions'];

/** A running guard. `close` ends all connections and writes the last audit lines. */
export interface Guard {
  server: Server;
  close(): Promise<void>;
}

/** Starts to listen. Rejects if the address is taken or the audit log cannot be opened. */
export async function startGuard(config: Config): Promise<Guard> {
  const audit = new AuditLog(config.auditLog);
  const upstream = new Upstream(config.dockerSocket);
  const clients = new Set<Socket>();
  const accept = createAccept(config, audit, upstream);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    accept(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, config.listen);
  audit.record({
    caller: '-',
    method: '-',
    endpoint: '-',
    verdict: 'start',
    rule: '-',
    status: 0,
    micros: 0,
    policy: config.fingerprint,
  });
  return {
    server,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of clients) socket.destroy();
      upstream.close();
      await closed;
      audit.close();
    },
  };
}

async function listen(server: Server, address: ListenAddress): Promise<void> {
  if ('path' in address && lstatSync(address.path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
  if ('path' in address) chmodSync(address.path, 0o660);
}

/** Puts the parts together: judge, prove ownership, send the rebuilt request, write the decision down, answer. */
function createAccept(config: Config, audit: AuditLog, upstream: Upstream): (socket: Socket) => void {
  const prefix = `/v${config.policy.apiVersion}`;
  const owners = new Owners(upstream, config.owner, prefix);
  const judge = endpointTable(config);
  let streams = 0;

  const admit: Admit = (head, connection) => {
    const started = performance.now();
    const { withBody } = judge(head);
    return (body) => {
      const exchange = new Exchange(withBody(body), connection, started);
      exchange.run().catch((cause) => exchange.fail(cause));
    };
  };

  const onRefusal = (refusal: Refusal, connection: Connection, details: Partial<Decision> = {}): void => {
    const { caller, request } = connection;
    let answer = refusal;
    try {
      const verdict = refusal.status >= 500 ? 'fail' : 'deny';
      audit.record({
        caller,
        method: request?.method ?? '-',
        endpoint: '-',
        verdict,
        rule: refusal.rule,
        status: refusal.status,
        micros: 0,
        ...details,
      });
      if (request?.method !== 'GET') audit.flush();
    } catch {
      answer = new Refusal('audit', 'The audit log cannot be written.', 503);
    }
    connection.refuse(answer);
  };

  class Exchange {
    private readonly permit: Permit;
    private readonly connection: Connection;
    private readonly started: number;
    private container: string | undefined;
    private headSent = false;

    constructor(permit: Permit, connection: Connection, started: number) {
      this.permit = permit;
      this.connection = connection;
      this.started = started;
    }

    async run(): Promise<void> {
      const { permit, connection } = this;
      audit.flush();
      if (permit.container !== undefined) this.container = await owners.resolve(permit.container);
      if (connection.gone) return;
      if (permit.answer === 'info' || permit.answer === 'create') return await this.answerWhole();
      const stream = permit.answer === 'stream';
      if (stream && streams >= config.policy.limits.streams)
        throw new Refusal('limit.streams', 'There are too many streams.', 429);
      if (stream) streams += 1;
      const done = () => {
        if (stream) streams -= 1;
      };
      const flight = upstream.send(this.rebuilt(), permit.timeoutMs, {
        onHead: (head) => {
          this.decide(head);
          this.headSent = true;
          connection.relayHead(head, permit.answer === 'version' ? `X-Bigeye-Policy: ${config.fingerprint}\r\n` : '');
        },
        onBody: (wire) => connection.relayBody(wire),
        onEnd: () => {
          done();
          connection.finish();
        },
        onFail: (cause) => {
          done();
          this.fail(cause);
        },
      });
      connection.attach(flight, stream);
    }

    fail(cause: unknown): void {
      if (this.headSent) {
        this.connection.break();
        return;
      }
      const refusal =
        cause instanceof Refusal ? cause : new Refusal('daemon', 'The Docker daemon gave no proper answer.', 502);
      onRefusal(refusal, this.connection, this.details());
    }

    private async answerWhole(): Promise<void> {
      const { permit, connection } = this;
      const { head, body } = await upstream.ask(this.rebuilt(), permit.timeoutMs, MAX_ANSWER_BYTES);
      this.decide(head);
      const answer: unknown = JSON.parse(body.toString());
      const fields = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
      if (permit.answer === 'create' && head.status === 201 && typeof fields.Id === 'string') owners.add(fields.Id);
      const cut = permit.answer === 'info' && head.status === 200;
      connection.reply(
        head.status,
        cut ? JSON.stringify(Object.fromEntries(INFO_FIELDS.map((name) => [name, fields[name]]))) : body,
      );
      connection.finish();
    }

    /** The request as the daemon gets it: nothing here is a byte that the client sent. */
    private rebuilt(): string {
      const { method, path, query, body, registryAuth } = this.permit;
      const target = prefix + path.replace('{id}', this.container ?? '') + (query === '' ? '' : `?${query}`);
      const auth = registryAuth === undefined ? '' : `X-Registry-Auth: ${registryAuth}\r\n`;
      const type = body === undefined ? '' : 'Content-Type: application/json\r\n';
      const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body ?? '')}\r\n` : '';
      return `${method} ${target} HTTP/1.1\r\nHost: docker\r\n${auth}${type}${length}\r\n${body ?? ''}`;
    }

    /** Writes the decision down; a change of state is in the log before its answer leaves. */
    private decide(head: ResponseHead): void {
      const { method, endpoint } = this.permit;
      audit.record({
        caller: this.connection.caller,
        method,
        endpoint,
        verdict: 'allow',
        rule: 'positive-list',
        status: head.status,
        micros: 0,
        ...this.details(),
      });
      if (method !== 'GET') audit.flush();
      if (method === 'DELETE' && head.status < 300 && this.container !== undefined) owners.forget(this.container);
    }

    private details(): Partial<Decision> {
      const { method, endpoint, container, body } = this.permit;
      return {
        method,
        endpoint,
        container: this.container ?? container,
        bodySha256: body === undefined ? undefined : hash('sha256', body),
        micros: Math.round((performance.now() - this.started) * 1000),
      };
    }
  }

  return (socket) => {
    new Connection(socket, admit, onRefusal);
  };
}
