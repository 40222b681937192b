import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createConnection } from 'node:net';
import path from 'node:path';

/** One line of the corpus of attacks and good requests. */
interface Case {
  id: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  expect: 'allow' | 'deny';
  wire?: string;
  halfclose?: boolean;
  note?: string;
}

const corpus = path.join(import.meta.dirname, '../../../shared/corpora/guard/cases.jsonl');
const ownId = 'a1b2c3d4e5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff00';
const foreignId = 'f0e1d2c3b4a5968778695a4b3c2d1e0ffeeddccbbaa99887766554433221100f';
export const caseOwner = 'test-instance';
export const casePolicy = {
  runsRoot: '/var/lib/bigeye/runs',
  imageNamespace: 'bigeyedata/',
  networks: ['none', 'bigeye-agents'],
  subCommands: ['run', 'plan', 'report'],
};

/** A daemon that writes down what reaches it; `reached` is emptied by the runner before each case. */
export async function recordingDaemon(socketPath: string): Promise<{ reached: string[]; close(): void }> {
  const reached: string[] = [];
  const labels = { 'com.bigeye.proxy.owner': caseOwner };
  const known: Record<string, object> = {
    [ownId]: { Id: ownId, Name: '/bigeye-run-own-1', Config: { Labels: labels } },
    'bigeye-run-own-1': { Id: ownId, Name: '/bigeye-run-own-1', Config: { Labels: labels } },
    [foreignId]: { Id: foreignId, Name: '/prod-postgres', Config: { Labels: {} } },
  };
  const daemon = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    request.resume();
    const inspected = /\/containers\/([^/?]+)\/json$/.exec(request.url ?? '')?.[1];
    const isCreate = request.url?.includes('/containers/create');
    response.statusCode = inspected !== undefined && !known[inspected] ? 404 : isCreate ? 201 : 200;
    response.end(JSON.stringify(known[inspected ?? ''] ?? (isCreate ? { Id: 'c'.repeat(64) } : {})));
  });
  await new Promise<void>((resolve) => daemon.listen(socketPath, resolve));
  return {
    reached,
    close: () => {
      daemon.close();
      daemon.closeAllConnections();
    },
  };
}

/** Sends every case to the guard at `socketPath`; returns how many there were and the ids of those decided wrongly. */
export async function runCases(socketPath: string, reached: string[]): Promise<{ count: number; wrong: string[] }> {
  if (!existsSync(corpus)) return { count: 0, wrong: [] };
  const cases: Case[] = readFileSync(corpus, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const wrong: string[] = [];
  for (const one of cases) {
    reached.length = 0;
    const status = await send(socketPath, one);
    const isInspect = (request: string) => /^GET \/v1\.44\/containers\/[^/]+\/json$/.test(request);
    const inspects = reached.filter(isInspect);
    const others = reached.filter((request) => !isInspect(request));
    const counted =
      one.expect === 'allow' && isInspect(`GET /v1.44${one.path.replace(/^\/v[\d.]+/, '')}`)
        ? inspects.slice(-1)
        : others;
    const forgiven = one.note?.startsWith('first request') ? 1 : 0;
    const right =
      one.expect === 'deny'
        ? counted.length <= forgiven && (forgiven > 0 || status === 0 || status >= 400)
        : counted.length === 1 && status < 300;
    if (!right) wrong.push(one.id);
  }
  return { count: cases.length, wrong };
}

function send(socketPath: string, one: Case): Promise<number> {
  const hasConnection = Object.keys(one.headers).some((name) => name.toLowerCase() === 'connection');
  const headers = { ...one.headers, ...(hasConnection ? {} : { Connection: 'close' }) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const plain = `${one.method} ${one.path} HTTP/1.1\r\n${lines.join('')}\r\n${one.body}`;
  const bytes = one.wire === undefined ? Buffer.from(plain) : Buffer.from(one.wire, 'latin1');
  return new Promise((resolve) => {
    const socket = createConnection({ path: socketPath });
    let text = '';
    const timer = setTimeout(() => socket.destroy(), 5_000);
    socket.on('data', (part: Buffer) => {
      text += part.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Number(text.split(' ')[1] ?? 0));
    });
    if (one.halfclose) socket.end(bytes);
    else socket.write(bytes);
  });
}
