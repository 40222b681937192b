import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { GOOD_CREATE, guardUnderTest, json, OWN_ID, OWNER, POLICY } from '../test-tools/guard-under-test.ts';
import { AuditLog, type Decision } from './audit.ts';
import { readConfig } from './config.ts';
import { startGuard } from './guard.ts';

const create = '/v1.44/containers/create?name=bigeye-run-job-42';
const type = { 'Content-Type': 'application/json' };
const logs = `/v1.44/containers/${OWN_ID}/logs?follow=1&stdout=1`;
const wait = `/v1.44/containers/${OWN_ID}/wait`;
const version = 'GET /version HTTP/1.1\r\nHost: docker\r\n\r\n';
const chunkedHead =
  'HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

const NOTHING: Decision = { caller: '-', method: '-', endpoint: '-', verdict: 'deny', rule: '-', status: 0, micros: 0 };

const until = (check: () => boolean) => vi.waitUntil(check, { timeout: 5_000, interval: 5 });

/**
 * Guard, daemon and client share this process: what is on its way between them moves with the turns of its event loop. This
 * many without any progress, and nothing is.
 */
async function arrived(progress: () => number = () => 0): Promise<void> {
  for (let quiet = 0, last = progress(); quiet < 1_000; quiet += 1) {
    await turn();
    if (progress() !== last) quiet = 0;
    last = progress();
  }
}

/** Sent, and so read by the other side in the next turn, before anything that is written after it. */
async function sendAlone(socket: Socket, bytes: string): Promise<void> {
  await new Promise((sent) => socket.write(bytes, sent));
  await turn();
}

describe('framing on the way in', () => {
  test('requests on one connection are answered one after the other', async () => {
    await using guard = await guardUnderTest();
    const socket = guard.connect();
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes;
    });
    for (const count of [1, 2, 3]) {
      socket.write(version);
      await until(() => text.match(/HTTP\/1\.1 200/g)?.length === count);
    }
    socket.destroy();
    expect(guard.forwarded).toHaveLength(3);
  });

  test('a request that does not wait for the answer before it ends the connection behind that answer', async () => {
    await using guard = await guardUnderTest();
    const answer = await guard.send(version + version + version);
    expect(answer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(answer.text).toContain('framing.pipelined');
    expect(guard.forwarded).toHaveLength(1);
  });

  test('what follows a refused request is never read as one', async () => {
    await using guard = await guardUnderTest();
    const answer = await guard.send(`GET /secrets HTTP/1.1\r\nHost: docker\r\n\r\n${version}`);
    expect(answer.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(guard.forwarded).toEqual([]);
  });

  test('a request may arrive byte by byte', async () => {
    await using guard = await guardUnderTest();
    const socket = guard.connect();
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes;
    });
    for (const byte of version) await sendAlone(socket, byte);
    await until(() => text.includes('200'));
    socket.destroy();
  });

  test.each([
    ['a bare line feed', 'GET /version HTTP/1.1\nHost: docker\n\n'],
    ['a folded header', 'GET /version HTTP/1.1\r\nHost: docker\r\nAccept: a\r\n b\r\n\r\n'],
    ['a carriage return before the last line end', 'GET /version HTTP/1.1\r\nHost: docker\r\r\n\r\n'],
    ['a space before the colon', 'GET /version HTTP/1.1\r\nHost : docker\r\n\r\n'],
    ['a header without a name', 'GET /version HTTP/1.1\r\nHost: docker\r\n: x\r\n\r\n'],
    ['an empty line first', '\r\nGET /version HTTP/1.1\r\nHost: docker\r\n\r\n'],
    ['two spaces', 'GET  /version HTTP/1.1\r\nHost: docker\r\n\r\n'],
    ['HTTP/1.0', 'GET /version HTTP/1.0\r\nHost: docker\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a lower-case method', 'get /version HTTP/1.1\r\nHost: docker\r\n\r\n'],
    ['a header twice', 'GET /version HTTP/1.1\r\nHost: docker\r\nAccept: a\r\naccept: a\r\n\r\n'],
    ['no Host', 'GET /version HTTP/1.1\r\n\r\n'],
    [
      'chunks',
      `POST ${create} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
    ],
    ['a head without end', `GET /version HTTP/1.1\r\nHost: docker\r\nAccept: ${'a'.repeat(30_000)}`],
    ['a long target', `GET /${'a'.repeat(5_000)} HTTP/1.1\r\nHost: docker\r\n\r\n`],
    ['21 headers', `GET /version HTTP/1.1\r\nHost: docker\r\n${'x-real-ip: a\r\n'.repeat(20)}\r\n`],
  ])('%s is refused at once', async (_, bytes) => {
    await using guard = await guardUnderTest();
    const answer = await guard.send(bytes);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.head).toContain('Connection: close');
    expect(guard.forwarded).toEqual([]);
  });

  test('a body that ends early is not forwarded', async () => {
    await using guard = await guardUnderTest();
    const head = `POST ${create} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n`;
    const answer = await guard.send(head + JSON.stringify(GOOD_CREATE), { halfClose: true });
    expect(answer.rule).toBe('framing.incomplete');
    expect(guard.forwarded).toEqual([]);
  });
});

describe('streams', () => {
  test('a log stream reaches the client as it comes and ends the request at the daemon when the client goes', async () => {
    await using guard = await guardUnderTest();
    let daemonSide: { destroyed: boolean; write(text: string): void } | undefined;
    guard.script = (request, socket) => {
      if (!request.target.includes('/logs')) return undefined;
      daemonSide = socket;
      socket.write(`${chunkedHead}5\r\nfirst\r\n`);
      return 'handled';
    };
    const client = guard.connect();
    let text = '';
    client.on('data', (bytes: Buffer) => {
      text += bytes;
    });
    client.write(`GET ${logs} HTTP/1.1\r\nHost: docker\r\n\r\n`);
    await until(() => text.endsWith('5\r\nfirst\r\n'));
    daemonSide?.write('6\r\nsecond\r\n');
    await until(() => text.endsWith('6\r\nsecond\r\n'));
    client.destroy();
    await until(() => daemonSide?.destroyed === true);
  });

  test('a slow reader holds the daemon back instead of filling the memory', async () => {
    await using guard = await guardUnderTest();
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    let written = 0;
    guard.script = (request, socket) => {
      if (!request.target.includes('/logs')) return undefined;
      socket.write(`${chunkedHead}${(64 * megabyte.length).toString(16)}\r\n`);
      const pump = () => {
        while (written < 64 && socket.write(megabyte)) written += 1;
        written += 1;
        if (written < 64) socket.once('drain', pump);
        else socket.write('\r\n0\r\n\r\n');
      };
      pump();
      return 'handled';
    };
    const client = guard.connect();
    client.write(`GET ${logs} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`);
    client.pause();
    await until(() => written > 0);
    await arrived(() => written);
    expect(written).toBeLessThan(32);
    let received = 0;
    client.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    client.resume();
    await until(() => received > 63 * megabyte.length);
  });

  test('streams beyond the cap are refused, and a closed one makes room', async () => {
    await using guard = await guardUnderTest({ ...POLICY, limits: { streams: 1 } });
    guard.script = (request) => (request.target.includes('/wait') ? 'handled' : undefined);
    const first = guard.connect();
    first.write(`POST ${wait} HTTP/1.1\r\nHost: docker\r\n\r\n`);
    await until(() => guard.forwarded.some((request) => request.target.includes('/wait')));
    expect((await guard.request('POST', wait)).status).toBe(429);
    first.destroy();
    guard.script = undefined;
    await expect.poll(async () => (await guard.request('POST', wait)).status).toBe(200);
  });

  test('an answer that the daemon breaks off is broken off for the client, never completed', async () => {
    await using guard = await guardUnderTest();
    guard.script = (request, socket) => {
      if (!request.target.includes('/logs')) return undefined;
      socket.end(`${chunkedHead}5\r\nfirst\r\n`);
      return 'handled';
    };
    const answer = await guard.send(`GET ${logs} HTTP/1.1\r\nHost: docker\r\n\r\n`);
    expect(answer.body).toBe('5\r\nfirst\r\n');
  });

  test('many clients at once each get their own answer', async () => {
    await using guard = await guardUnderTest();
    guard.script = (request) => {
      const tail = /tail=(\d+)/.exec(request.target)?.[1];
      return tail === undefined ? undefined : json(200, { tail });
    };
    const numbers = Array.from({ length: 64 }, (_, at) => `${at}`);
    const answers = await Promise.all(
      numbers.map((n) => guard.request('GET', `/v1.44/containers/${OWN_ID}/logs?stdout=1&tail=${n}`)),
    );
    expect(answers.map((answer) => JSON.parse(answer.body).tail)).toEqual(numbers);
  });
});

describe('a client that goes away', () => {
  test('by closing its sending side ends its stream, while a short answer still reaches it', async () => {
    await using guard = await guardUnderTest();
    let daemonSide: { destroyed: boolean } | undefined;
    guard.script = (request, socket) => {
      if (!request.target.includes('/logs')) return undefined;
      daemonSide = socket;
      return 'handled';
    };
    void guard.send(`GET ${logs} HTTP/1.1\r\nHost: docker\r\n\r\n`, { halfClose: true });
    await until(() => daemonSide?.destroyed === true);
    expect((await guard.send(version, { halfClose: true })).status).toBe(200);
  });

  test.each([
    ['while the engine makes its container', `POST ${create}`, JSON.stringify(GOOD_CREATE)],
    ['while it waits', `POST ${wait}`, ''],
    ['while the engine tells its version', 'GET /version', ''],
  ])('%s harms nobody, and the log says so', async (_, line, body) => {
    await using guard = await guardUnderTest();
    let answer = () => {};
    guard.script = (request, socket) => {
      if (request.target.endsWith('/json')) return undefined;
      answer = () => void socket.write(json(201, { Id: 'c'.repeat(64) }));
      return 'handled';
    };
    const client = guard.connect();
    const typed = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
    client.write(`${line} HTTP/1.1\r\nHost: docker\r\n${typed}\r\n\r\n${body}`);
    await until(() => guard.forwarded.some((request) => !request.target.endsWith('/json')));
    client.destroy();
    answer();
    await until(() => guard.auditLines().length === 2);
    guard.script = undefined;
    expect((await guard.request('GET', '/version')).status).toBe(200);
    const [, vanished] = guard.auditLines();
    expect(vanished).toMatchObject({ endpoint: expect.stringMatching(/create|wait|version/) });
  });
});

describe('an answer of the daemon', () => {
  const chunked = (text: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`;

  test('in chunks is taken whole, however it is cut', async () => {
    await using guard = await guardUnderTest();
    guard.script = (_, socket) => {
      const bytes = chunked('4\r\n{"Ve\r\nE\r\nrsion":"26.1"}\r\n0\r\n\r\n');
      const send = async () => {
        for (const byte of bytes) await sendAlone(socket, byte);
      };
      void send();
      return 'handled';
    };
    const answer = await guard.request('GET', '/version');
    expect(answer.body).toBe('{"Version":"26.1"}');
    expect(answer.head).toContain('Content-Length: 18');
  });

  test('in chunks ends a stream where it ends', async () => {
    await using guard = await guardUnderTest();
    guard.script = ({ target }) => (target.includes('/logs') ? chunked('3\r\nlog\r\n0\r\n\r\n') : undefined);
    const answer = await guard.send(`GET ${logs} HTTP/1.1\r\nHost: docker\r\n\r\n`);
    expect(answer.body).toBe('3\r\nlog\r\n0\r\n\r\n');
  });

  test.each(['204 No Content', '304 Not Modified'])('of %s has no body and no framing', async (status) => {
    await using guard = await guardUnderTest();
    guard.script = ({ target }) => (target.endsWith('/json') ? undefined : `HTTP/1.1 ${status}\r\n\r\n`);
    for (const action of ['stop', 'start']) {
      const answer = await guard.request('POST', `/containers/${OWN_ID}/${action}`);
      expect(answer.status).toBe(Number(status.slice(0, 3)));
      expect(answer.text).toMatch(/\r\n\r\n$/);
      expect(answer.text).not.toMatch(/Transfer-Encoding|Content-Length/);
    }
  });

  test.each([
    ['more than 16 MiB', `HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n${'x'.repeat(16_777_217)}`],
    ['a header without a colon and no length', 'HTTP/1.1 200 OK\r\nLength\r\n\r\n'],
    ['bytes behind a chunk', chunked('1\r\nxy\r\n0\r\n\r\n')],
    ['trailers', chunked('0\r\nX: y\r\n\r\n')],
    ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
  ])('with %s is none', async (_, text) => {
    await using guard = await guardUnderTest();
    guard.script = () => text;
    expect((await guard.request('GET', '/version')).rule).toBe('daemon');
  });

  test('that has more behind it is not taken for the next one', async () => {
    await using guard = await guardUnderTest();
    guard.script = () => json(200, { first: true }) + json(200, { forged: true });
    expect((await guard.request('GET', '/version')).body).toBe('{"first":true}');
    guard.script = () => json(200, { second: true });
    expect((await guard.request('GET', '/version')).body).toBe('{"second":true}');
  });

  test('that says so is the last one on its connection', async () => {
    await using guard = await guardUnderTest();
    const daemonSides = new Set<unknown>();
    guard.script = (_, socket) => {
      daemonSides.add(socket);
      return json(200, {}).replace('\r\n', '\r\nConnection: close\r\n');
    };
    for (let count = 0; count < 2; count += 1) await guard.request('GET', '/version');
    expect(daemonSides.size).toBe(2);
  });
});

describe('a daemon that misbehaves', () => {
  test.each([
    ['something else than HTTP', 'hello\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a malformed chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('%s is no answer', async (_, text) => {
    await using guard = await guardUnderTest();
    guard.script = () => text;
    const answer = await guard.request('POST', '/v1.44/containers/bigeye-run-own-1/start');
    expect(answer.status).toBe(502);
  });

  test('a container whose owner cannot be asked is not ours', async () => {
    await using guard = await guardUnderTest();
    guard.script = () => json(500, {});
    const answer = await guard.request('POST', '/v1.44/containers/bigeye-run-own-1/start');
    expect(answer.rule).toBe('owner.foreign');
  });

  test('a container named like our id is not ours', async () => {
    await using guard = await guardUnderTest();
    guard.script = () =>
      json(200, { Id: 'f'.repeat(64), Name: `/${OWN_ID}`, Config: { Labels: { 'com.bigeye.proxy.owner': OWNER } } });
    const answer = await guard.request('POST', `/v1.44/containers/${OWN_ID}/start`);
    expect(answer.rule).toBe('owner.foreign');
  });

  test('an id that is known to be ours is asked once, and anew after its removal', async () => {
    await using guard = await guardUnderTest();
    const path = `/v1.44/containers/${OWN_ID}`;
    for (const action of ['/start', '/stop']) await guard.request('POST', path + action);
    await guard.request('DELETE', path);
    await guard.request('POST', `${path}/start`);
    expect(guard.forwarded.filter((request) => request.method === 'GET')).toHaveLength(2);
  });
});

describe('a client that does not read its answer', () => {
  test('takes nothing from others when it goes away', async () => {
    await using guard = await guardUnderTest();
    const large = json(200, { filler: 'a'.repeat(4 * 1024 ** 2) });
    let answerOther = () => {};
    guard.script = ({ target }, socket) => {
      if (target.includes('/containers/json')) return large;
      if (!target.includes('/images/json')) return undefined;
      answerOther = () => void socket.write(json(200, []));
      return 'handled';
    };
    const idle = guard.connect().pause();
    idle.write(`GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\n`);
    await until(() => guard.forwarded.length === 1);
    await arrived();
    const other = guard.request('GET', '/images/json');
    await until(() => guard.forwarded.length === 2);
    idle.destroy();
    await arrived();
    answerOther();
    expect(await other).toMatchObject({ status: 200, body: '[]' });
  });

  test('gets no second one before it has read the first', async () => {
    await using guard = await guardUnderTest();
    guard.script = () => json(200, { filler: 'a'.repeat(4 * 1024 ** 2) });
    const socket = guard.connect().pause();
    socket.write(version);
    await until(() => guard.forwarded.length === 1);
    await arrived();
    socket.write(version);
    await arrived();
    expect(guard.forwarded).toHaveLength(1);
    let end = '';
    socket.on('data', (part: Buffer) => {
      end = (end + part).slice(-1000);
    });
    socket.resume();
    await until(() => end.includes('framing.pipelined'));
    expect(guard.forwarded).toHaveLength(1);
    socket.destroy();
  });
});

describe('the audit log', () => {
  test('chains every line to the one before it, over a restart too, and holds no secret', async () => {
    await using guard = await guardUnderTest();
    const secret = { ...GOOD_CREATE, Env: ['BIGEYE_TOKEN=hunter2'] };
    await guard.request('POST', create, type, JSON.stringify(secret));
    await guard.request('POST', create, type, JSON.stringify({ ...secret, Tty: true }));
    await guard.request('GET', '/version');
    const reopened = new AuditLog(guard.auditFile);
    reopened.record(NOTHING);
    reopened.close();
    const lines = readFileSync(guard.auditFile, 'utf8').trim().split('\n');
    let previous = '0'.repeat(64);
    lines.forEach((line, at) => {
      expect(JSON.parse(line)).toMatchObject({ previous, sequence: at + 1 });
      previous = createHash('sha256').update(line).digest('hex');
    });
    expect(lines.join()).not.toContain('hunter2');
    const [start, allowed, denied] = lines.map((line) => JSON.parse(line));
    expect(start).toMatchObject({ verdict: 'start' });
    const body = guard.forwarded[0]?.body ?? '';
    expect(allowed).toMatchObject({ verdict: 'allow', endpoint: 'container.create', status: 201, caller: 'unix' });
    expect(allowed.bodySha256).toBe(createHash('sha256').update(body).digest('hex'));
    expect(denied).toMatchObject({ verdict: 'deny', rule: 'create.Tty', status: 403 });
  });

  test('that cannot be written lets nothing through, and goes on without a gap once it can be', async () => {
    await using guard = await guardUnderTest();
    const recording = vi.spyOn(AuditLog.prototype, 'record');
    await guard.request('GET', '/version');
    const log = recording.mock.contexts[0] as object;
    recording.mockRestore();
    const descriptor = Reflect.get(log, 'descriptor');
    Reflect.set(log, 'descriptor', openSync('/dev/full', 'a'));
    const createOne = () => guard.request('POST', create, type, JSON.stringify(GOOD_CREATE));
    expect(await createOne()).toMatchObject({ status: 503, rule: 'audit' });
    guard.forwarded.length = 0;
    for (const answer of [await createOne(), await guard.request('GET', '/version')])
      expect(answer).toMatchObject({ status: 503, rule: 'audit' });
    expect(guard.forwarded).toEqual([]);
    Reflect.set(log, 'descriptor', descriptor);
    expect((await createOne()).status).toBe(201);
    const lines = readFileSync(guard.auditFile, 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).sequence)).toEqual(lines.map((_, at) => at + 1));
    expect(lines.filter((line) => line.includes('"verdict":"fail"')).length).toBeGreaterThanOrEqual(2);
  });

  test('that is full says so to its author', () => {
    const full = new AuditLog('/dev/full');
    expect(() => full.record(NOTHING)).toThrow(/ENOSPC/);
    expect(() => full.admit('POST')).toThrow(/ENOSPC/);
  });

  test('that is full for long takes no more memory for it', () => {
    const full = new AuditLog('/dev/full');
    const long = { ...NOTHING, rule: 'x'.repeat(10_000) };
    for (let count = 0; count < 200; count += 1) expect(() => full.record(long)).toThrow(/ENOSPC/);
    expect(Reflect.get(full, 'pending').length).toBeLessThan(1.1 * 1024 ** 2);
  });

  test('that could not take a read is not read past', async () => {
    const full = new AuditLog('/dev/full');
    full.record({ ...NOTHING, method: 'GET' });
    full.admit('GET');
    await expect.poll(() => Reflect.get(full, 'isStuck')).toBe(true);
    expect(() => full.admit('GET')).toThrow(/ENOSPC/);
  });

  test('goes on behind a line that was cut off', async () => {
    await using guard = await guardUnderTest();
    const file = `${guard.auditFile}.cut`;
    writeFileSync(file, '{"sequence":7,"prev');
    const log = new AuditLog(file);
    log.record(NOTHING);
    log.close();
    const [cut, line] = readFileSync(file, 'utf8').trim().split('\n');
    expect(JSON.parse(line ?? '')).toMatchObject({
      sequence: 8,
      previous: createHash('sha256')
        .update(cut ?? '')
        .digest('hex'),
    });
  });
});

describe('the version of the API', () => {
  const startWith = async (ApiVersion: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'guard-version-'));
    const dockerSocket = join(folder, 'd.sock');
    const asked: string[] = [];
    const daemon = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end(JSON.stringify({ ApiVersion, Components: [] }));
    });
    await new Promise<void>((resolve) => daemon.listen(dockerSocket, resolve));
    writeFileSync(join(folder, 'policy.json'), JSON.stringify(POLICY));
    const listen = join(folder, 'g.sock');
    const argv = ['--docker-socket', dockerSocket, '--listen', listen, '--policy', join(folder, 'policy.json')];
    const config = readConfig([...argv, '--owner', OWNER, '--audit-log', join(folder, 'audit.log')], {});
    try {
      const close = await startGuard(config);
      await new Promise((resolve) => get({ socketPath: listen, path: '/v1.47/info' }, resolve));
      close();
      return asked;
    } finally {
      daemon.close();
      daemon.closeAllConnections();
      rmSync(folder, { recursive: true });
    }
  };

  test.each([
    ['1.41', '/v1.41/info'],
    ['1.43', '/v1.43/info'],
    ['1.44', '/v1.44/info'],
    ['1.52', '/v1.44/info'],
    ['', '/v1.44/info'],
  ])('is the one of an engine that speaks "%s", and 1.44 at most: %s', async (spoken, sent) => {
    expect(await startWith(spoken)).toEqual(['/version', sent]);
  });

  test('stops the guard when the engine is older than 1.41', async () => {
    await expect(startWith('1.40')).rejects.toThrow(/speaks API 1\.40; 1\.41 is needed/);
  });
});
