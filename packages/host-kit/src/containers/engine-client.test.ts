import { mkdtempSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EngineAway } from './container-runner.ts';
import { createDockerContainerRunner } from './docker-container-runner.ts';
import { createEngineClient, EngineRefusal } from './engine-client.ts';

async function engineThat(answer: (socket: Socket) => void): Promise<string> {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'engine-')), 'sock');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(file, resolve));
  onTestFinished(() => void server.close());
  return `unix://${file}`;
}

test('a 200 that breaks off with nothing in it is unknown, never an end', async () => {
  const endpoint = await engineThat((socket) => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    socket.write(head, () => socket.destroy());
  });
  const waiting = createDockerContainerRunner(endpoint).waitForEnd('bigeye-run-x', AbortSignal.timeout(5_000));
  await expect(waiting).rejects.toBeInstanceOf(EngineAway);
});

test('no engine at all is away, not an error of the container', async () => {
  const runner = createDockerContainerRunner('unix:///nowhere/docker.sock');
  await expect(runner.findContainer('bigeye-run-x')).rejects.toBeInstanceOf(EngineAway);
});

test('a guard without its engine is away, too', async () => {
  const endpoint = await engineThat((socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
  await expect(createEngineClient(endpoint).json({ method: 'GET', path: '/x' })).rejects.toBeInstanceOf(EngineAway);
});

test('a refusal carries status and message', async () => {
  const body = '{"message":"not allowed"}';
  const endpoint = await engineThat((socket) =>
    socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
  );
  const refused = createEngineClient(endpoint).json({ method: 'GET', path: '/x' });
  await expect(refused).rejects.toMatchObject({ status: 403, message: 'not allowed' });
  await expect(refused).rejects.toBeInstanceOf(EngineRefusal);
});

test('an engine that accepts and says nothing is given up after its time', async () => {
  const endpoint = await engineThat(() => {});
  const call = createEngineClient(endpoint).json({ method: 'GET', path: '/x', timeoutMs: 50 });
  await expect(call).rejects.toBeInstanceOf(EngineAway);
});
