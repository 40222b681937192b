import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, type Socket, type SocketConstructorOpts } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { controlPlaneServerName } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'connections-'));
let stack: TestStack;
let plain: TestStack;
let host: TestHost;
let log = '';

beforeAll(async () => {
  const [certificate, privateKey] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', [...request, '-subj', '/CN=127.0.0.1', '-keyout', privateKey, '-out', certificate], {
    stdio: 'ignore',
  });
  stack = await startTestStack({ TLS_CERT_PATH: certificate, TLS_KEY_PATH: privateKey });
  const caps = { MAX_CONNECTIONS: '25', MAX_CONNECTIONS_PER_ADDRESS: '20', LOG_LEVEL: 'warn' };
  plain = await startTestStack(caps, { write: (line) => (log += line) });
  host = await plain.registerHost('connections');
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await plain?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const portOf = (address: string) => Number(address.split(':').at(-1));
const listeners: [string, (of: TestStack) => number][] = [
  ['API with TLS', (of) => portOf(of.apiUrl)],
  ['host API', (of) => portOf(of.hostApiUrl)],
  ['gateway', (of) => portOf(of.gatewayAddress)],
];

/** The first half of a greeting of TLS: its head announces more than comes. */
const halfHello = Buffer.from('16030100c8010000c40303', 'hex');
const silences: [string, (socket: Socket) => void][] = [
  ['says nothing', () => undefined],
  ['says nothing and closes its half', (socket) => void socket.end()],
  ['says half of its greeting', (socket) => void socket.write(halfHello)],
  ['says half of its greeting and closes its half', (socket) => void socket.end(halfHello)],
  ['goes in the middle of its greeting', (socket) => void socket.write(halfHello, () => socket.destroy())],
  ['speaks no TLS', (socket) => void socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
];

describe.each(listeners)('%s', (_listener, port) => {
  test.concurrent.each(silences)('a client that %s is cut off within 10 s', async (_what, act) => {
    // `allowHalfOpen`: a client that does not go when it is told to.
    const socket = connect({ port: port(stack), host: '127.0.0.1', allowHalfOpen: true }, () => act(socket));
    await gone(socket, 12_000);
  });
});

test('they leave no descriptor behind', async () => {
  const before = await settled();
  const sockets = listeners.flatMap(([, port]) =>
    silences.flatMap(([, act]) =>
      [1, 2, 3].map(() => {
        const socket: Socket = connect({ port: port(stack), host: '127.0.0.1' }, () => act(socket));
        return socket;
      }),
    ),
  );
  await Promise.all(sockets.map((socket) => gone(socket, 12_000)));
  // A connection to the database that the control plane itself opened meanwhile goes when it was idle for a while.
  await expect.poll(settled, { timeout: 30_000 }).toBeLessThanOrEqual(before);
});

describe('past the handshake', () => {
  // Node takes this option; its types leave it out.
  const halfOpen: Pick<SocketConstructorOpts, 'allowHalfOpen'> = { allowHalfOpen: true };
  const greet = (port: number): TLSSocket =>
    connectTls({
      ...halfOpen,
      port,
      host: '127.0.0.1',
      servername: controlPlaneServerName,
      ALPNProtocols: ['h2'],
      key: host.identity.privateKey,
      cert: host.identity.certificate,
      ca: host.identity.caCertificate,
    });

  test.concurrent.each([
    ['nothing', ''],
    ['half a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-half: '],
    ['half a header of a second request', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nx: '],
  ])('a host that says %s is cut off by the host API', async (_what, text) => {
    const socket = greet(portOf(plain.hostApiUrl));
    socket.on('secureConnect', () => socket.write(text));
    await gone(socket, 16_000);
  });

  test.concurrent('a host that speaks no HTTP/2 is cut off by the gateway', async () => {
    const socket = greet(portOf(plain.gatewayAddress));
    await gone(socket, 60_000);
  });

  test.concurrent.each([
    ['nothing', ''],
    ['half a header', 'GET / HTTP/1.1\r\nhost: x\r\nx-half: '],
  ])('a client that says %s is cut off by the API without TLS', async (_what, text) => {
    const socket = connect({ port: portOf(plain.apiUrl), host: '127.0.0.1', allowHalfOpen: true }, () =>
      socket.write(text),
    );
    await gone(socket, 16_000);
  });
});

describe('of one address', () => {
  test.each([
    ['API', () => portOf(plain.apiUrl)],
    ['host API', () => portOf(plain.hostApiUrl)],
    ['gateway', () => portOf(plain.gatewayAddress)],
  ])('the %s takes so many connections and no more, and says so once', async (listener, port) => {
    const sockets = Array.from({ length: 40 }, () => connect(port(), '127.0.0.1'));
    let closed = 0;
    for (const socket of sockets) socket.on('error', () => undefined).on('close', () => closed++);
    await until(() => closed >= 20);
    // The last one is refused, so all before it were decided on.
    const last = connect(port(), '127.0.0.1').on('error', () => undefined);
    await closedBy(last);
    // Those of the API client of this test count too.
    expect(closed).toBeLessThan(25);
    const told = log.split('\n').filter((line) => line.includes(`"listener":"${listener}"`));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('"msg":"too many connections"');
    for (const socket of sockets) socket.destroy();
  });

  test('hosts that share it are not counted, since each is known by its certificate', async () => {
    const host = await plain.registerHost('behind-a-nat-01');
    const { privateKey: key, certificate: cert, caCertificate: ca } = host.identity;
    const tls = { key, cert, ca, servername: controlPlaneServerName, ALPNProtocols: ['h2'] };
    const sockets = [];
    for (let n = 0; n < 22; n++) {
      const socket = connectTls({ port: portOf(plain.gatewayAddress), host: '127.0.0.1', ...tls });
      sockets.push(socket);
      socket.on('error', () => undefined);
      // The first that an HTTP/2 server says, once it has taken the connection.
      await once(socket, 'data');
    }
    expect(sockets.filter((socket) => socket.destroyed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  test('what was refused comes in again once others went', async () => {
    await until(async () => (await fetch(`${plain.apiUrl}/healthz`).catch(() => undefined))?.ok ?? false);
  });
});

/** Resolves when the other end closed it for good, and not only its half. */
async function gone(socket: Socket, withinMs: number): Promise<void> {
  socket.on('error', () => undefined).resume();
  await Promise.race([ended(socket), delay(withinMs, undefined, { ref: false })]);
  const isTold = socket.destroyed || socket.readableEnded;
  // Our half stays open; only a reset tells that the other end keeps nothing.
  const probing = setInterval(() => socket.write('\0'), 250);
  if (isTold && !socket.destroyed) await Promise.race([closedBy(socket), delay(3_000, undefined, { ref: false })]);
  clearInterval(probing);
  const isGone = socket.destroyed;
  socket.destroy();
  expect({ isTold, isGone }).toEqual({ isTold: true, isGone: true });
}

const closedBy = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
const ended = (socket: Socket) => new Promise((resolve) => socket.once('end', resolve).once('close', resolve));

/**
 * Descriptors of this process, in which the control plane runs, once they are no longer going down. Nothing tells that the
 * last was closed, so it is looked at twice with a pause between.
 */
async function settled(): Promise<number> {
  for (let last = Number.POSITIVE_INFINITY; ; await delay(300)) {
    const now = readdirSync('/proc/self/fd').length;
    if (now >= last) return now;
    last = now;
  }
}
