import { hash } from 'node:crypto';
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { AuditLog, type Decision } from './audit.ts';
import type { Config } from './config.ts';
import { Connection, type Service } from './connection.ts';
import { endpointJudge, type Permit } from './endpoints.ts';
import { Owners } from './owners.ts';
import { Refusal } from './refusal.ts';
import { Upstream } from './upstream.ts';

const MAX_CONNECTIONS = 512;
const INFO_FIELDS = ['ServerVersion', 'NCPU', 'MemTotal', 'OSType', 'Architecture', 'CgroupVersion', 'SecurityOptions'];
const ANSWER_HEADERS = ['content-type', 'content-length', 'transfer-encoding', 'api-version', 'ostype'];

/** Starts to listen; the returned function ends all connections. Rejects if the address or the audit log cannot be had. */
export async function startGuard(config: Config): Promise<() => void> {
  const audit = new AuditLog(config.auditLog);
  const upstream = new Upstream(config.dockerSocket, config.policy.apiVersion);
  const service = createService(config, audit, upstream);
  const clients = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    new Connection(socket, service);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, config.listen);
  audit.record({
    caller: '-',
    method: '-',
    endpoint: config.fingerprint,
    verdict: 'start',
    rule: '-',
    status: 0,
    micros: 0,
  });
  audit.flush();
  return () => {
    server.close();
    for (const socket of clients) socket.destroy();
    upstream.close();
    audit.close();
  };
}

function listen(server: Server, address: Config['listen']): Promise<void> {
  const path = 'path' in address ? address.path : undefined;
  if (path && lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      if (path) chmodSync(path, 0o660);
      resolve();
    });
  });
}

/** Puts the parts together: judge, prove ownership, send what was rebuilt, write the decision down, answer. */
function createService(config: Config, audit: AuditLog, upstream: Upstream): Service {
  const owners = new Owners(upstream, config.owner);
  const judge = endpointJudge(config.policy, config.owner);
  let streams = 0;

  /** Writes a decision down. One that changes state, or refuses to, is on disk before its answer leaves. */
  const decide = (
    connection: Connection,
    decision: Pick<Decision, 'verdict' | 'rule' | 'status'>,
    permit?: Permit,
    id = permit?.container,
    started?: number,
  ) => {
    const method = connection.head?.method ?? '-';
    audit.record({
      caller: connection.caller,
      method,
      endpoint: permit?.endpoint ?? '-',
      container: id,
      bodySha256: permit?.body && hash('sha256', permit.body),
      micros: started === undefined ? 0 : Math.round((performance.now() - started) * 1000),
      ...decision,
    });
    if (method !== 'GET') audit.flush();
  };

  const refuse = (cause: unknown, connection: Connection, permit?: Permit, id?: string, started?: number) => {
    let refusal =
      cause instanceof Refusal ? cause : new Refusal('daemon', 'The Docker daemon gave no proper answer.', 502);
    try {
      decide(
        connection,
        { verdict: refusal.status < 500 ? 'deny' : 'fail', rule: refusal.rule, status: refusal.status },
        permit,
        id,
        started,
      );
    } catch {
      refusal = new Refusal('audit', 'The audit log cannot be written.', 503);
    }
    connection.refuse(refusal);
  };

  const run = async (permit: Permit, connection: Connection, started: number): Promise<void> => {
    let id: string | undefined;
    try {
      audit.flush();
      id = permit.container === undefined ? undefined : await owners.resolve(permit.container);
      if (connection.isGone) return;
      const target = permit.path.replace('{container}', id ?? '') + (permit.query && `?${permit.query}`);
      const auth = permit.registryAuth === undefined ? '' : `X-Registry-Auth: ${permit.registryAuth}\r\n`;
      const headers = auth + (permit.body === undefined ? '' : 'Content-Type: application/json\r\n');
      if (permit.endpoint === 'info' || permit.endpoint === 'container.create') {
        const answer = await upstream.ask(permit.method, target, headers, permit.body);
        decide(connection, { verdict: 'allow', rule: 'positive-list', status: answer.status }, permit, id, started);
        answerWhole(permit, answer, connection);
      } else relay(permit, target, headers, id, connection, started);
    } catch (cause) {
      refuse(cause, connection, permit, id, started);
    }
  };

  const answerWhole = (permit: Permit, answer: { status: number; body: Buffer }, connection: Connection): void => {
    const fields = JSON.parse(answer.body.toString()) as Record<string, unknown>;
    if (permit.endpoint === 'container.create' && answer.status === 201) owners.add(String(fields.Id));
    const cut = permit.endpoint === 'info' && answer.status === 200;
    const body = cut
      ? Buffer.from(JSON.stringify(Object.fromEntries(INFO_FIELDS.map((name) => [name, fields[name]]))))
      : answer.body;
    connection.answer(answer.status, `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`, body);
    connection.finish();
  };

  const relay = (
    permit: Permit,
    target: string,
    headers: string,
    id: string | undefined,
    connection: Connection,
    started: number,
  ) => {
    const { isStream } = permit;
    if (isStream && streams >= config.policy.limits.streams)
      throw new Refusal('limit.streams', 'Too many streams are open.', 429);
    if (isStream) streams += 1;
    let answered = false;
    const line = upstream.send(permit.method, target, headers, '', isStream, {
      onHead: (head) => {
        decide(connection, { verdict: 'allow', rule: 'positive-list', status: head.status }, permit, id, started);
        if (permit.endpoint === 'container.remove' && head.status < 300) owners.forget(id ?? '');
        const lines = ANSWER_HEADERS.filter((name) => head.headers.has(name)).map(
          (name) => `${name}: ${head.headers.get(name)}\r\n`,
        );
        if (permit.endpoint === 'version') lines.push(`X-Bigeye-Policy: ${config.fingerprint}\r\n`);
        answered = true;
        connection.answer(head.status, lines.join(''));
      },
      onBody: (wire) => connection.write(wire),
      onEnd: () => {
        if (isStream) streams -= 1;
        connection.finish();
      },
      onFail: (cause) => {
        if (isStream) streams -= 1;
        if (answered) connection.break();
        else refuse(cause, connection, permit, id, started);
      },
    });
    connection.bind(line, isStream);
  };

  return {
    admit: (head, connection) => {
      const started = performance.now();
      const { withBody } = judge(head);
      return (body) => void run(withBody(body), connection, started);
    },
    refused: refuse,
  };
}
