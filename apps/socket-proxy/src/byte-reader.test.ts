import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { Refusal } from './refusal.ts';

async function pair() {
  const folder = mkdtempSync(join(tmpdir(), 'bytes-'));
  const path = join(folder, 's.sock');
  const far = Promise.withResolvers<Socket>();
  const server = createServer({ allowHalfOpen: true }, far.resolve);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const near = createConnection(path);
  return {
    near,
    far: await far.promise,
    [Symbol.dispose]: () => {
      near.destroy();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

test('bytes that do not arrive before the deadline are refused', async () => {
  using sockets = await pair();
  const reader = new ByteReader(sockets.far);
  reader.deadline = performance.now() + 20;
  sockets.near.write('GET /');
  await expect(reader.takeText('\r\n\r\n', 100)).rejects.toMatchObject({ rule: 'framing.slow', status: 408 });
});

test('a connection that says nothing until the deadline has no more', async () => {
  using sockets = await pair();
  const reader = new ByteReader(sockets.far);
  reader.deadline = performance.now() + 20;
  expect(await reader.arrives()).toBe(false);
});

test('bytes beyond what is asked for stay for the next one, and what came before the end can still be taken', async () => {
  using sockets = await pair();
  const reader = new ByteReader(sockets.far);
  sockets.near.end('one\r\n\r\ntwothree');
  expect(await reader.takeText('\r\n\r\n', 3)).toBe('one');
  expect((await reader.take(3)).toString()).toBe('two');
  expect((await reader.take(3)).toString()).toBe('thr');
  expect((await reader.takeSome(9)).toString()).toBe('ee');
  expect(await reader.arrives()).toBe(false);
  await expect(reader.takeSome(1)).rejects.toMatchObject({ rule: 'framing.incomplete' });
});

test('bytes that arrive before anybody waits for them are kept', async () => {
  using sockets = await pair();
  const reader = new ByteReader(sockets.far);
  sockets.near.write('early');
  await expect.poll(() => reader.length).toBe(5);
  expect((await reader.take(5)).toString()).toBe('early');
});

test('text that is longer than it may be is refused, whole or not', async () => {
  using sockets = await pair();
  const reader = new ByteReader(sockets.far);
  sockets.near.write('four\r\n');
  await expect(reader.takeText('\r\n', 3)).rejects.toMatchObject({ rule: 'framing.head-length' });
  expect(await reader.takeText('\r\n', 4)).toBe('four');
  sockets.near.write('five');
  await expect(reader.takeText('\r\n', 3)).rejects.toMatchObject({ rule: 'framing.head-length' });
});

test('a fault of the other side is told as its owner wishes', async () => {
  using sockets = await pair();
  const refusal = new Refusal('daemon', 'No.', 502);
  const reader = new ByteReader(sockets.far, refusal);
  sockets.near.write('\0');
  await expect(reader.takeText('\r\n', 9)).rejects.toBe(refusal);
});
