import { connect as tlsConnect } from 'node:tls';
import { controlPlaneServerName, taskQueues } from '@bigeye/contracts';
import type { Client } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClient, send } from './support/gateway-client.ts';
import { createCertificateRequest, startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';

const api = proto.temporal.api.workflowservice.v1;
const workflowService = '/temporal.api.workflowservice.v1.WorkflowService';

let stack: TestStack;
let hostA: TestHost;
let hostB: TestHost;
const clients: Client[] = [];

beforeAll(async () => {
  stack = await startTestStack();
  hostA = await stack.registerHost('host-a');
  hostB = await stack.registerHost('host-b');
});
afterAll(async () => {
  for (const client of clients) client.close();
  await stack?.[Symbol.asyncDispose]();
});

function gatewayClient(identity: TestHost['identity'] | undefined): Client {
  const client = connectClient(stack.gatewayAddress, hostA.identity, identity);
  clients.push(client);
  return client;
}

const poll = (queue: string, namespace = 'default', more: object = {}) =>
  api.PollActivityTaskQueueRequest.encode({ namespace, taskQueue: { name: queue, kind: 1 }, ...more }).finish();

test('a host may poll its own queue', async () => {
  const answer = await send(
    gatewayClient(hostA.identity),
    `${workflowService}/PollActivityTaskQueue`,
    poll(taskQueues.forHost(hostA.id)),
  );
  // Nothing is on the queue: an empty answer when the poll's time is up.
  expect(answer).toMatchObject({ code: 'OK', bytes: Buffer.alloc(0) });
});

test('a task given to one host cannot be answered by another, and can by its own', async () => {
  const { id: jobId } = await stack.createJob({ hostId: hostA.id });
  const run = await stack.admin.call('startRun', { params: { jobId } });
  const polled = await send(
    gatewayClient(hostA.identity),
    `${workflowService}/PollActivityTaskQueue`,
    poll(taskQueues.forHost(hostA.id)),
    { deadlineMs: 10_000 },
  );
  const task = api.PollActivityTaskQueueResponse.decode(polled.bytes ?? Buffer.alloc(0));
  expect(task.workflowExecution?.workflowId).toBe(run.id);
  const failure = { message: 'no', applicationFailureInfo: { type: 'AGENT_NOT_INSTALLED', nonRetryable: true } };
  const answer = api.RespondActivityTaskFailedRequest.encode({
    namespace: 'default',
    taskToken: task.taskToken,
    failure,
  }).finish();
  const stolen = await send(gatewayClient(hostB.identity), `${workflowService}/RespondActivityTaskFailed`, answer);
  expect(stolen.code).toBe('PERMISSION_DENIED');
  const own = await send(gatewayClient(hostA.identity), `${workflowService}/RespondActivityTaskFailed`, answer);
  expect(own.code).toBe('OK');
  expect(await stack.finished(run.id)).toMatchObject({ status: 'failed', failure: { code: 'AGENT_NOT_INSTALLED' } });
});

test('a control queue belongs to the host that named it first', async () => {
  const queue = 'temporal-sys/worker-commands/default/11111111-2222-3333-4444-555555555555';
  const announce = poll(taskQueues.forHost(hostA.id), 'default', { workerControlTaskQueue: queue });
  await send(gatewayClient(hostA.identity), `${workflowService}/PollActivityTaskQueue`, announce);
  const request = api.PollNexusTaskQueueRequest.encode({ namespace: 'default', taskQueue: { name: queue } }).finish();
  const path = `${workflowService}/PollNexusTaskQueue`;
  expect((await send(gatewayClient(hostB.identity), path, request)).code).toBe('PERMISSION_DENIED');
  expect((await send(gatewayClient(hostA.identity), path, request)).code).toBe('OK');
});

test('a worker may say good-bye on its own queues, and not on those of another', async () => {
  const path = `${workflowService}/ShutdownWorker`;
  const queue = 'temporal-sys/worker-commands/default/22222222-2222-3333-4444-555555555555';
  const leave = (taskQueue: string) =>
    api.ShutdownWorkerRequest.encode({ namespace: 'default', taskQueue, workerInstanceKey: 'x' }).finish();
  const codeOf = async (host: TestHost, taskQueue: string) =>
    (await send(gatewayClient(host.identity), path, leave(taskQueue))).code;
  expect(await codeOf(hostA, queue)).toBe('OK');
  expect(await codeOf(hostA, taskQueues.forHost(hostA.id))).toBe('OK');
  expect(await codeOf(hostB, queue)).toBe('PERMISSION_DENIED');
  expect(await codeOf(hostB, taskQueues.forHost(hostA.id))).toBe('PERMISSION_DENIED');
});

test('without a certificate, or with one of another CA, there is no connection', async () => {
  const path = `${workflowService}/GetSystemInfo`;
  expect((await send(gatewayClient(undefined), path, new Uint8Array())).code).toBe('UNAVAILABLE');
  const other = await startTestStack();
  try {
    const stranger = await other.registerHost('host-a');
    const identity = { ...stranger.identity, caCertificate: hostA.identity.caCertificate };
    expect((await send(gatewayClient(identity), path, new Uint8Array())).code).toBe('UNAVAILABLE');
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

test('a certificate that was replaced by a newer one is refused at once, on an open connection too', async () => {
  const host = await stack.registerHost('host-c');
  const client = gatewayClient(host.identity);
  const path = `${workflowService}/GetSystemInfo`;
  expect((await send(client, path, new Uint8Array())).code).toBe('OK');
  const { certificateRequest } = createCertificateRequest();
  await stack.admin.call('registerHost', { body: { hostId: host.id, certificateRequest } });
  expect((await send(client, path, new Uint8Array())).code).toBe('UNAUTHENTICATED');
});

test('TLS below 1.3 is not spoken', async () => {
  const [host = '', port = ''] = stack.gatewayAddress.split(':');
  const attempt = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string>((resolve) => {
      const { certificate, privateKey, caCertificate } = hostA.identity;
      const socket = tlsConnect({
        host,
        port: Number(port),
        maxVersion,
        ca: caCertificate,
        cert: certificate,
        key: privateKey,
        servername: controlPlaneServerName,
        ALPNProtocols: ['h2'],
      });
      socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''));
      socket.once('error', () => resolve('refused'));
      socket.once('secureConnect', () => socket.end());
    });
  expect(await attempt('TLSv1.2')).toBe('refused');
  expect(await attempt('TLSv1.3')).toBe('TLSv1.3');
});

test('a gateway that stops says so: open polls end at once, what is under way is answered, then the connection ends', async () => {
  const stopping = await startTestStack();
  const host = await stopping.registerHost('host-d');
  const client = connectClient(stopping.gatewayAddress, host.identity, host.identity);
  clients.push(client);
  const path = `${workflowService}/PollActivityTaskQueue`;
  const polling = send(client, path, poll(taskQueues.forHost(host.id)), { deadlineMs: 30_000 });
  const described = await send(client, `${workflowService}/GetSystemInfo`, new Uint8Array());
  expect(described.code).toBe('OK');
  const stopped = stopping[Symbol.asyncDispose]();
  expect(await polling).toMatchObject({ code: 'UNAVAILABLE', details: 'the gateway stops' });
  await stopped;
  await expect.poll(() => client.getChannel().getConnectivityState(false)).not.toBe(2);
});
