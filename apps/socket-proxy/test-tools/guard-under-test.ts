import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { startGuard } from '../src/guard.ts';

export const OWN_ID = 'a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff00';
const OWN_NAME = 'bigeye-run-own-1';
export const FOREIGN_ID = 'f0e1d2c3b4a5968778695a4b3c2d1e0ffeeddccbbaa99887766554433221100f';
export const OWNER = 'test-instance';
export const POLICY = {
  runsRoot: '/var/lib/bigeye/runs',
  imageNamespace: 'bigeyedata/',
  networks: ['none', 'bigeye-agents'],
  subCommands: ['run', 'plan', 'report'],
};
export const GOOD_CREATE = {
  Image: 'bigeyedata/agent:1.4.2',
  User: '10001:10001',
  Cmd: ['run', '--job', '42'],
  Env: ['BIGEYE_JOB_ID=42', 'TZ=UTC'],
  Labels: { 'com.bigeye.run.job': '42' },
  WorkingDir: '/workspace',
  HostConfig: {
    NetworkMode: 'bigeye-agents',
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    ReadonlyRootfs: true,
    Memory: 536870912,
    NanoCpus: 1000000000,
    PidsLimit: 256,
    Mounts: [{ Type: 'bind', Source: '/var/lib/bigeye/runs/job-42', Target: '/workspace' }],
    Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=64m' },
    Init: true,
  },
};

/** A request as the daemon received it. */
export interface Forwarded {
  method: string;
  target: string;
  head: string;
  body: string;
}

/** What the daemon answers; undefined keeps the default of the recording daemon. */
export type Script = (request: Forwarded, socket: Socket) => string | undefined | 'handled';

export interface GuardUnderTest extends AsyncDisposable {
  /** Requests that reached the daemon, without the owner inspects that come before an answer. */
  forwarded: Forwarded[];
  socketPath: string;
  auditLines(): Record<string, unknown>[];
  auditFile: string;
  script: Script | undefined;
  /** Sends bytes and reads until the connection closes, or `waitMs` have passed. */
  send(bytes: string | Buffer, options?: { halfClose?: boolean; waitMs?: number }): Promise<Answer>;
  request(method: string, target: string, headers?: Record<string, string>, body?: string): Promise<Answer>;
  connect(): Socket;
}

export interface Answer {
  status: number;
  head: string;
  body: string;
  rule: string | undefined;
  text: string;
}

/** Starts the guard before a daemon that records what reaches it; both listen on unix sockets of one new folder. */
export async function guardUnderTest(policy: object = POLICY, settings: string[] = []): Promise<GuardUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'guard-'));
  const [daemonPath, socketPath, policyFile, auditFile] = ['d.sock', 'g.sock', 'policy.json', 'audit.log'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(policyFile, JSON.stringify(policy));
  const guard: GuardUnderTest = {
    forwarded: [],
    socketPath,
    auditFile,
    script: undefined,
    auditLines: () =>
      readFileSync(auditFile, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    connect: () => createConnection({ path: socketPath }).on('error', () => {}),
    send: (bytes, options) => send(guard.connect(), bytes, options),
    request: (method, target, headers = {}, body = '') => {
      const length = body === '' && method === 'GET' ? {} : { 'Content-Length': `${Buffer.byteLength(body)}` };
      const all = { Host: 'docker', ...length, Connection: 'close', ...headers };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      return guard.send(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`);
    },
    [Symbol.asyncDispose]: async () => {
      close();
      daemon.close();
      for (const socket of sockets) socket.destroy();
      rmSync(folder, { recursive: true });
    },
  };
  const sockets = new Set<Socket>();
  const daemon = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    readRequests(socket, (request) => {
      guard.forwarded.push(request);
      const scripted = guard.script?.(request, socket);
      if (scripted === 'handled') return;
      socket.write(scripted ?? daemonAnswer(request));
    });
  });
  await new Promise<void>((resolve) => daemon.listen(daemonPath, resolve));
  const argv = ['--listen', socketPath, '--docker-socket', daemonPath, '--policy', policyFile, '--owner', OWNER];
  const close = await startGuard(readConfig([...argv, '--audit-log', auditFile, ...settings], {}));
  guard.forwarded.length = 0;
  return guard;
}

/** The requests of a case that count: an owner inspect before the answer does not. */
export function countedRequests(guard: GuardUnderTest, isInspectCase: boolean): Forwarded[] {
  const isInspect = (request: Forwarded) =>
    /^GET \/v1\.44\/containers\/[^/]+\/json$/.test(`${request.method} ${request.target}`);
  const inspects = guard.forwarded.filter(isInspect);
  const rest = guard.forwarded.filter((request) => !isInspect(request));
  return isInspectCase ? [...rest, ...inspects.slice(-1)] : rest;
}

function daemonAnswer({ method, target }: Forwarded): string {
  const inspected = /\/containers\/([^/?]+)\/json$/.exec(target)?.[1];
  const own = { Id: OWN_ID, Name: `/${OWN_NAME}`, Config: { Labels: { 'com.bigeye.proxy.owner': OWNER } } };
  const foreign = { Id: FOREIGN_ID, Name: '/prod-postgres', Config: { Labels: {} } };
  if (inspected === OWN_ID || inspected === OWN_NAME) return json(200, own);
  if (inspected === FOREIGN_ID || inspected === 'prod-postgres') return json(200, foreign);
  if (inspected !== undefined) return json(404, { message: 'No such container' });
  if (target.includes('/containers/create')) return json(201, { Id: 'c'.repeat(64), Warnings: [] });
  if (target.endsWith('/info'))
    return json(200, { ServerVersion: '26.1.5', NCPU: 2, HttpProxy: 'http://secret@proxy', Swarm: {} });
  if (method === 'DELETE') return 'HTTP/1.1 204 No Content\r\n\r\n';
  return json(200, {});
}

export function json(status: number, value: unknown): string {
  const body = JSON.stringify(value);
  return `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function readRequests(socket: Socket, onRequest: (request: Forwarded) => void): void {
  let buffer = Buffer.alloc(0);
  socket.on('data', (bytes: Buffer) => {
    buffer = Buffer.concat([buffer, bytes]);
    for (let end = buffer.indexOf('\r\n\r\n'); end >= 0; end = buffer.indexOf('\r\n\r\n')) {
      const head = buffer.toString('latin1', 0, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (buffer.length < end + 4 + length) return;
      const [method = '', target = ''] = head.split(' ');
      const body = buffer.toString('utf8', end + 4, end + 4 + length);
      buffer = buffer.subarray(end + 4 + length);
      onRequest({ method, target, head, body });
    }
  });
}

function send(socket: Socket, bytes: string | Buffer, { halfClose = false, waitMs = 5_000 } = {}): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
    });
    socket.on('close', () => {
      clearTimeout(timer);
      const [head = '', ...rest] = text.split('\r\n\r\n');
      const body = rest.join('\r\n\r\n');
      const rule = /"rule":"([^"]*)"/.exec(body)?.[1];
      resolve({ status: Number(head.split(' ')[1] ?? 0), head, body, rule, text });
    });
    if (halfClose) socket.end(bytes);
    else socket.write(bytes);
  });
}
