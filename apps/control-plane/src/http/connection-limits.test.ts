import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createLogger } from '@bigeye/service-kit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ConnectionCaps, createConnectionLimits } from './connection-limits.ts';

let server: Server;
let sockets: Socket[];
let told: string[];
beforeEach(() => {
  server = createServer((socket) => socket.on('error', () => undefined).write('in'));
  [sockets, told] = [[], []];
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

async function listen(caps: ConnectionCaps, proxies: string[] = []): Promise<void> {
  const log = createLogger('control-plane', 'warn', { write: (line) => told.push(line) });
  createConnectionLimits('API', caps, log, proxies).guard(server);
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
}

/** Whether it was let in. */
async function comesIn(from: string): Promise<boolean> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  sockets.push(socket);
  return await new Promise((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
}

test('one address gets no more than its share, and others still come in', async () => {
  await listen({ inAll: 10, perAddress: 2 });
  for (const [from, isIn] of [
    ['127.0.0.2', true],
    ['127.0.0.2', true],
    ['127.0.0.2', false],
    ['127.0.0.3', true],
  ] as const)
    expect(await comesIn(from)).toBe(isIn);
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0] ?? '')).toMatchObject({ cap: 'perAddress', limit: 2, remoteAddress: '127.0.0.2' });
});

test('all addresses together get no more than there is, and what one leaves another gets', async () => {
  await listen({ inAll: 2, perAddress: 2 });
  expect(await comesIn('127.0.0.2')).toBe(true);
  expect(await comesIn('127.0.0.3')).toBe(true);
  expect(await comesIn('127.0.0.4')).toBe(false);
  expect(JSON.parse(told[0] ?? '')).toMatchObject({ msg: 'too many connections', cap: 'inAll', limit: 2 });
  const [first] = sockets;
  first?.destroy();
  let isIn = false;
  for (let attempt = 0; !isIn && attempt < 50; attempt++) isIn = await comesIn('127.0.0.4');
  expect(isIn).toBe(true);
});

test.each([['127.0.0.9'], ['127.0.0.8/29']])('a proxy (%s) has no share of its own, but all of it', async (proxy) => {
  await listen({ inAll: 4, perAddress: 1 }, [proxy]);
  for (const isIn of [true, true, true]) expect(await comesIn('127.0.0.9')).toBe(isIn);
  expect(await comesIn('127.0.0.2')).toBe(true);
  expect(await comesIn('127.0.0.9')).toBe(false);
});
