import { randomUUID } from 'node:crypto';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { controlPlaneServerName, gatewayBytes, hostLimits, taskQueues } from '@bigeye/contracts';
import type { Client } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClient, send } from './support/gateway-client.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

/** What one host can open, hold and make us remember; the other host stands for all others, who must not notice. */

const api = proto.temporal.api.workflowservice.v1;
const path = (method: string): string => `/temporal.api.workflowservice.v1.WorkflowService/${method}`;
const beat = { body: { orchestratorVersion: '1', engineReachable: true, diskFreeBytes: 1 } };
/** The preface of a client, its empty settings, and a ping. */
const http2Ping = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
  Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0]),
  Buffer.from('pingpong'),
]);
const resources = new AsyncDisposableStack();
let stack: TestStack;
let greedy: TestHost;
let other: TestHost;
let client: Client;
let otherClient: Client;

beforeAll(async () => {
  stack = resources.use(await startTestStack());
  greedy = await stack.registerHost('greedy-01');
  other = await stack.registerHost('other-01');
  const connect = (host: TestHost): Client => {
    const connection = connectClient(stack.gatewayAddress, host.identity, host.identity);
    resources.defer(() => connection.close());
    return connection;
  };
  client = connect(greedy);
  otherClient = connect(other);
});
afterAll(() => resources.disposeAsync());

const poll = (host: TestHost) =>
  api.PollActivityTaskQueueRequest.encode({
    namespace: 'default',
    taskQueue: { name: taskQueues.forHost(host.id), kind: 1 },
  }).finish();

test('open polls of one host are counted, and another host polls as before', async () => {
  const polls = Array.from({ length: hostLimits.openPolls + 3 }, () =>
    send(client, path('PollActivityTaskQueue'), poll(greedy), { deadlineMs: 4_000 }),
  );
  const its = await send(otherClient, path('PollActivityTaskQueue'), poll(other), { deadlineMs: 3_000 });
  expect(its.code).toBe('OK');
  const codes = (await Promise.all(polls)).map(({ code }) => code);
  expect(codes.filter((code) => code === 'RESOURCE_EXHAUSTED')).toHaveLength(3);
  const again = await send(client, path('PollActivityTaskQueue'), poll(greedy), { deadlineMs: 3_000 });
  expect(again.code).toBe('OK');
});

test('connections of one host are counted at each listener, and another host connects as before', async () => {
  const open = (host: TestHost, address: string, protocol: string): Promise<'stays' | 'closed'> =>
    new Promise((resolve) => {
      const [name = '', port = ''] = address.split(':');
      const { privateKey: key, certificate: cert, caCertificate: ca } = host.identity;
      const socket = connectTls({
        host: name,
        port: Number(port),
        key,
        cert,
        ca,
        servername: controlPlaneServerName,
        ALPNProtocols: [protocol],
      });
      resources.defer(() => void socket.destroy());
      socket.on('error', () => {});
      socket.on('close', () => resolve('closed'));
      // Who is answered was let in. HTTP/2 says its settings to everybody, and answers a ping of whom it serves.
      socket.write(protocol === 'h2' ? http2Ping : 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
      let said = Buffer.alloc(0);
      socket.on('data', (bytes: Buffer) => {
        said = Buffer.concat([said, bytes]);
        if (protocol !== 'h2' || said.includes('pingpong')) resolve('stays');
      });
    });
  const fresh = await stack.registerHost('many-connections-01');
  for (const [address, most, protocol] of [
    [stack.gatewayAddress, hostLimits.connections.gateway, 'h2'],
    [stack.hostApiUrl.replace('https://', ''), hostLimits.connections.hostApi, 'http/1.1'],
  ] as const) {
    const ends = await Promise.all(Array.from({ length: most + 2 }, () => open(fresh, address, protocol)));
    expect(ends.filter((end) => end === 'stays')).toHaveLength(most);
    expect(await open(other, address, protocol)).toBe('stays');
  }
});

test('a message longer than its method needs is refused, whatever is in it', async () => {
  const taskQueue = `temporal-sys/worker-commands/default/${'a'.repeat(gatewayBytes.heartbeat)}`;
  const bytes = api.ShutdownWorkerRequest.encode({ namespace: 'default', taskQueue }).finish();
  expect(await send(client, path('ShutdownWorker'), bytes)).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
});

test('names of control queues are taken up to a number', async () => {
  const codes: string[] = [];
  for (let n = 0; n <= hostLimits.controlQueues; n++) {
    const taskQueue = { name: `temporal-sys/worker-commands/default/${randomUUID()}` };
    const bytes = api.PollNexusTaskQueueRequest.encode({ namespace: 'default', taskQueue }).finish();
    codes.push((await send(client, path('PollNexusTaskQueue'), bytes, { deadlineMs: 100 })).code);
  }
  expect(codes.filter((code) => code === 'RESOURCE_EXHAUSTED')).toEqual(['RESOURCE_EXHAUSTED']);
});

test('calls that a host begins and does not finish are counted, and another host is answered', async () => {
  const calls: ClientRequest[] = [];
  const begin = (length: number): Promise<number> => {
    const { certificate: cert, privateKey: key, caCertificate: ca } = greedy.identity;
    const run = `run_${'0'.repeat(20)}`;
    const url = `${stack.hostApiUrl}/api/v1/agent-orchestrator/runs/${run}/artifacts/a`;
    const headers = { 'content-type': 'application/octet-stream', 'content-length': length };
    const options = { method: 'PUT', headers, cert, key, ca, servername: controlPlaneServerName, agent: false };
    const call = httpsRequest(url, options);
    calls.push(call);
    return new Promise((resolve) => {
      call.on('response', (response) => resolve(response.statusCode ?? 0));
      call.on('error', () => resolve(0));
      call.write('x');
    });
  };
  const each = Math.floor(hostLimits.bodyBytesUnderWay / 3);
  const waiting = [begin(each), begin(each), begin(each)];
  await expect.poll(() => begin(each)).toBe(429);
  await expect(other.api.call('heartbeat', beat)).resolves.toBeDefined();
  for (const call of calls) call.destroy();
  await Promise.all(waiting);
  await expect.poll(() => greedy.api.call('heartbeat', beat).then(Boolean, () => false)).toBe(true);
});

test('lists that a host sends are bounded by the contract', async () => {
  const agent = { type: 'LINEAGE_PLUS' as const, image: 'x', connections: [] };
  const managedAgents = Array.from({ length: hostLimits.managedAgents + 1 }, () => agent);
  await expect(
    greedy.api.call('pushManagedAgents', { body: { hostId: greedy.id, managedAgents } }),
  ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

test('large syncs of lineage are held two at a time, and small ones are answered meanwhile', async () => {
  const { apiKey } = await stack.admin.call('createAgentApiKey', { body: { name: 'agent' } });
  const { id } = await stack.client(apiKey).call('createCustomRepository', { body: { name: 'some' } });
  const calls: ClientRequest[] = [];
  const begin = (): Promise<[number, string | undefined]> => {
    const headers = {
      authorization: `apikey ${apiKey}`,
      'content-type': 'application/json',
      'content-length': 100 * 1024 * 1024,
    };
    const call = httpRequest(`${stack.apiUrl}/api/v2/lineage/custom-repositories/sync`, { method: 'POST', headers });
    calls.push(call);
    return new Promise((resolve) => {
      call.on('response', (response) => resolve([response.statusCode ?? 0, response.headers['retry-after']]));
      call.on('error', () => resolve([0, undefined]));
      call.write('{');
    });
  };
  const waiting = [begin(), begin()];
  // One that comes before those two is held in their place, and never answered.
  const answered = () => Promise.race([begin(), delay(1_000)]);
  await expect.poll(answered, { timeout: 30_000 }).toEqual([503, '30']);
  const body = { customRepositoryId: id, nodes: [], edges: [] };
  expect(await stack.client(apiKey).call('syncCustomRepository', { body })).toMatchObject({ status: 'COMPLETED' });
  for (const call of calls) call.destroy();
  await Promise.all(waiting);
});

test('an artifact may be empty, and one that is sent as something else is refused in our words', async () => {
  const job = await stack.createJob({ hostId: greedy.id });
  const { id: runId } = await stack.admin.call('startRun', { params: { jobId: job.id } });
  await greedy.api.call('putArtifact', { params: { runId, name: 'empty.txt' }, rawBody: new Uint8Array() });
  const { artifacts } = await stack.admin.call('getRun', { params: { runId } });
  expect(artifacts).toEqual([{ name: 'empty.txt', bytes: 0, removedAt: null }]);
  const { privateKey: key, certificate: cert, caCertificate: ca } = greedy.identity;
  const url = `${stack.hostApiUrl}/api/v1/agent-orchestrator/runs/${runId}/artifacts/report.json`;
  for (const body of ['null', '{}', '[1]']) {
    const status = await new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length };
      const tls = { key, cert, ca, servername: controlPlaneServerName, agent: false };
      const sent = httpsRequest(url, { method: 'PUT', headers, ...tls }, (reply) => resolve(reply.resume().statusCode));
      sent.on('error', reject).end(body);
    });
    expect([body, status]).toEqual([body, 400]);
  }
});
