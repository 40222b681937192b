import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { BigeyeClient } from './bigeye-client.ts';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A control plane that gives the replies in turn, the last one for ever. */
async function startTarget(...replies: Reply[]) {
  const requests: { method?: string; url?: string; authorization?: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const reply = replies[Math.min(requests.length, replies.length - 1)] ?? { status: 500 };
    const { method = '', url = '', headers } = request;
    requests.push({ method, url, authorization: headers.authorization ?? '', body: await bodyOf(request) });
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
    response.end(reply.status === 204 ? undefined : JSON.stringify(reply.body ?? {}));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closers.push(() => server.close());
  const pauses: number[] = [];
  const quiet = () => undefined;
  const client = new BigeyeClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'bigeye_agent_key',
    log: { info: quiet, warn: quiet, error: quiet },
    sleep: async (ms) => void pauses.push(ms),
  });
  return { client, requests, pauses, server };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  return (await request.setEncoding('utf8').toArray()).join('');
}

const repository = { id: 7, name: 'shop', workspaceId: 1, syncedAt: null };
const synced = { status: 'COMPLETED', unchanged: false, nodes: 1, edges: 0 };
const digest = 'a'.repeat(64);
const manifest = { parts: [digest] };

test('requests carry the API key and the documented paths', async () => {
  const { client, requests } = await startTarget(
    { status: 200, body: { customRepositories: [repository] } },
    { status: 201, body: repository },
    { status: 204 },
    { status: 200, body: synced },
  );
  expect(await client.listCustomRepositories()).toEqual([repository]);
  expect(await client.createCustomRepository({ name: 'shop' })).toEqual(repository);
  await client.putLineageSyncPart(7, digest, new TextEncoder().encode('packed'));
  expect(await client.syncLineageParts(7, manifest)).toEqual(synced);
  expect(requests).toEqual([
    { method: 'GET', url: '/api/v2/lineage/custom-repositories', authorization: 'apikey bigeye_agent_key', body: '' },
    {
      method: 'POST',
      url: '/api/v2/lineage/custom-repositories',
      authorization: 'apikey bigeye_agent_key',
      body: '{"name":"shop","workspaceId":1}',
    },
    {
      method: 'PUT',
      url: `/api/v2/lineage/custom-repositories/7/parts/${digest}`,
      authorization: 'apikey bigeye_agent_key',
      body: 'packed',
    },
    {
      method: 'POST',
      url: '/api/v2/lineage/custom-repositories/7/syncs',
      authorization: 'apikey bigeye_agent_key',
      body: JSON.stringify(manifest),
    },
  ]);
});

test('5xx and 429 are tried again with growing pauses, at least as long as the server asks', async () => {
  const { client, requests, pauses } = await startTarget(
    { status: 503 },
    { status: 429, headers: { 'retry-after': '3' } },
    { status: 502 },
    { status: 200, body: synced },
  );
  expect(await client.syncLineageParts(7, manifest)).toEqual(synced);
  expect(requests.map(({ body }) => JSON.parse(body))).toEqual([manifest, manifest, manifest, manifest]);
  expect(pauses).toEqual([500, 3_000, 2_000]);
});

test('a control plane that stays down is given up as exit code 6 after five attempts', async () => {
  const { client, requests } = await startTarget({ status: 500, body: { message: 'disk full', remedy: 'Make room.' } });
  await expect(client.listCustomRepositories()).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('disk full'),
    remedy: 'Make room.',
  });
  expect(requests).toHaveLength(5);
});

test.each([401, 403])('HTTP %i is exit code 6 at once, with the key as the remedy', async (status) => {
  const { client, requests } = await startTarget({ status, body: { message: 'The key is revoked.' } });
  await expect(client.listCustomRepositories()).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('The key is revoked.'),
    remedy: expect.stringContaining('bigeye.apikey'),
  });
  expect(requests).toHaveLength(1);
});

test('a request that is too large is exit code 6 at once, with what to split', async () => {
  const { client, requests } = await startTarget({ status: 413 });
  await expect(client.syncLineageParts(7, manifest)).rejects.toMatchObject({
    exitCode: 6,
    remedy: expect.stringContaining('postgres.schemas'),
  });
  expect(requests).toHaveLength(1);
});

test('a control plane that nobody listens for is exit code 6 with the address', async () => {
  const { client, server, pauses } = await startTarget({ status: 200 });
  await new Promise((closed) => server.close(closed));
  await expect(client.listCustomRepositories()).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(pauses).toEqual([500, 1_000, 2_000, 4_000]);
});
