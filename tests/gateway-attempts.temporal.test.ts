import { taskQueues } from '@bigeye/contracts';
import type { Client } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClient, send } from './support/gateway-client.ts';
import { startRecordingProxy } from './support/recording-proxy.ts';
import { startTestStack, type TestHost, type TestStack } from './support/test-stack.ts';
import { startTestTemporal } from './support/test-temporal.ts';

/**
 * What a stolen host can try at the gateway, with a certificate that is good: everything a gRPC client can. Temporal
 * stands behind a proxy that remembers what reached it.
 */

const api = proto.temporal.api.workflowservice.v1;
const operator = proto.temporal.api.operatorservice.v1;
const workflowService = '/temporal.api.workflowservice.v1.WorkflowService';
const path = (method: string): string => `${workflowService}/${method}`;
const methodsOf = (service: object): string[] =>
  Object.keys(service).flatMap((name) => (name.endsWith('Request') ? [name.slice(0, -'Request'.length)] : []));

/** The methods of an activity worker; all others do not exist for a host. */
const open = new Set([
  ...['GetSystemInfo', 'DescribeNamespace', 'PollActivityTaskQueue', 'RecordActivityTaskHeartbeat'],
  ...['RespondActivityTaskCompleted', 'RespondActivityTaskFailed', 'RespondActivityTaskCanceled'],
  ...['PollNexusTaskQueue', 'RespondNexusTaskCompleted', 'RespondNexusTaskFailed'],
  ...['RecordWorkerHeartbeat', 'ShutdownWorker'],
]);

let stack: TestStack;
let proxy: Awaited<ReturnType<typeof startRecordingProxy>>;
let attacker: TestHost;
let victim: TestHost;
let client: Client;
const resources = new AsyncDisposableStack();
const table: { attempt: string; times: number; answer: string; 'reached Temporal': number }[] = [];

beforeAll(async () => {
  const { address } = resources.use(await startTestTemporal());
  proxy = resources.use(await startRecordingProxy(address));
  stack = resources.use(await startTestStack({ TEMPORAL_ADDRESS: proxy.address }));
  attacker = await stack.registerHost('stolen-01');
  victim = await stack.registerHost('victim-01');
  client = connectClient(stack.gatewayAddress, attacker.identity, attacker.identity);
  resources.defer(() => client.close());
});
afterAll(async () => {
  await resources.disposeAsync();
  console.table(table);
});

/** `requests`: what is sent; `reached`: how many of the calls since then are the attacker's doing. */
async function attempt(
  name: string,
  requests: { path: string; message: Uint8Array; by?: Client; metadata?: Record<string, string> }[],
  expected: string,
  reached: (calls: typeof proxy.calls) => unknown[],
): Promise<void> {
  const before = proxy.calls.length;
  const codes = new Set<string>();
  for (const { path, message, by = client, metadata = {} } of requests)
    codes.add((await send(by, path, message, { metadata, deadlineMs: 5_000 })).code);
  const arrived = reached(proxy.calls.slice(before)).length;
  table.push({ attempt: name, times: requests.length, answer: [...codes].join(), 'reached Temporal': arrived });
  expect([...codes], name).toEqual([expected]);
  expect(arrived, name).toBe(0);
}

const callsOf =
  (...methods: string[]) =>
  (calls: typeof proxy.calls) =>
    calls.filter((call) => methods.some((method) => call.path.endsWith(`/${method}`)));
/** Polls of a queue that are not the control plane's own: the gateway writes the host's id into those it lets through. */
const activityPollsOf = (queue: string) => (calls: typeof proxy.calls) =>
  callsOf('PollActivityTaskQueue')(calls).filter(({ message }) => {
    const { taskQueue, identity } = api.PollActivityTaskQueueRequest.decode(message);
    return taskQueue?.name === queue && identity !== 'control-plane';
  });
const poll = (name: string, more: object = {}) => ({
  path: path('PollActivityTaskQueue'),
  message: api.PollActivityTaskQueueRequest.encode({
    namespace: 'default',
    taskQueue: { name, kind: 1 },
    ...more,
  }).finish(),
});

test('every other method of WorkflowService and OperatorService, of health and reflection', async () => {
  const closed = methodsOf(api).filter((method) => !open.has(method));
  expect(closed.length).toBeGreaterThan(90);
  // What the control plane's own worker says in the meantime is not the attacker's doing.
  const ownTalk = ['PollWorkflowTaskQueue', 'DescribeWorkflowExecution', 'RespondWorkflowTaskCompleted'];
  await attempt(
    'other methods of WorkflowService',
    closed.map((method) => ({ path: path(method), message: new Uint8Array() })),
    'UNIMPLEMENTED',
    callsOf(...closed.filter((method) => !ownTalk.includes(method))),
  );
  const operations = methodsOf(operator);
  await attempt(
    'OperatorService, health, reflection, cloud',
    [
      ...operations.map((method) => `/temporal.api.operatorservice.v1.OperatorService/${method}`),
      '/grpc.health.v1.Health/Check',
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/temporal.api.cloud.cloudservice.v1.CloudService/GetUsers',
      '/temporal.server.api.adminservice.v1.AdminService/DescribeMutableState',
    ].map((method) => ({ path: method, message: new Uint8Array() })),
    'UNIMPLEMENTED',
    callsOf(...operations, 'Check', 'ServerReflectionInfo', 'GetUsers', 'DescribeMutableState'),
  );
});

test("another host's queue, the control plane's, none, another kind, another namespace", async () => {
  const own = taskQueues.forHost(attacker.id);
  const foreign = [taskQueues.forHost(victim.id), taskQueues.controlPlane, '', `${own} `, own.toUpperCase(), '/_sys/x'];
  await attempt(
    'other queues',
    [
      ...foreign.map((queue) => poll(queue)),
      poll(own, { taskQueue: { name: own, kind: 2 } }),
      poll(own, { taskQueue: { name: own, kind: 1, normalName: 'x' }, namespace: 'default ' }),
      poll(own, { workerControlTaskQueue: taskQueues.forHost(victim.id) }),
      poll(own, { workerControlTaskQueue: 'temporal-sys/worker-commands/other/x' }),
      ...['temporal-system', '', 'Default', 'other'].map((namespace) => poll(own, { namespace })),
    ],
    'PERMISSION_DENIED',
    (calls) => foreign.flatMap((queue) => activityPollsOf(queue)(calls)).concat(activityPollsOf(own)(calls)),
  );
  const inOther = { namespace: 'temporal-system' };
  await attempt(
    'other namespaces, by every method that names one',
    [
      { path: path('DescribeNamespace'), message: api.DescribeNamespaceRequest.encode(inOther).finish() },
      { path: path('RecordWorkerHeartbeat'), message: api.RecordWorkerHeartbeatRequest.encode(inOther).finish() },
      { path: path('ShutdownWorker'), message: api.ShutdownWorkerRequest.encode(inOther).finish() },
      { path: path('PollNexusTaskQueue'), message: api.PollNexusTaskQueueRequest.encode(inOther).finish() },
    ],
    'PERMISSION_DENIED',
    // By content: the control plane's own worker describes its namespace when it starts.
    (calls) => calls.filter(({ message }) => message.includes('temporal-system')),
  );
  await attempt(
    'Nexus tasks of another kind of queue',
    [taskQueues.forHost(victim.id), taskQueues.controlPlane, 'temporal-sys/worker-commands/default'].map((name) => ({
      path: path('PollNexusTaskQueue'),
      message: api.PollNexusTaskQueueRequest.encode({ namespace: 'default', taskQueue: { name } }).finish(),
    })),
    'PERMISSION_DENIED',
    (calls) =>
      callsOf('PollNexusTaskQueue')(calls).filter(({ message }) =>
        [taskQueues.forHost(victim.id), taskQueues.controlPlane].includes(
          api.PollNexusTaskQueueRequest.decode(message).taskQueue?.name ?? '',
        ),
      ),
  );
});

const answers = [
  ['RecordActivityTaskHeartbeat', api.RecordActivityTaskHeartbeatRequest],
  ['RespondActivityTaskCompleted', api.RespondActivityTaskCompletedRequest],
  ['RespondActivityTaskFailed', api.RespondActivityTaskFailedRequest],
  ['RespondActivityTaskCanceled', api.RespondActivityTaskCanceledRequest],
  ['RespondNexusTaskCompleted', api.RespondNexusTaskCompletedRequest],
  ['RespondNexusTaskFailed', api.RespondNexusTaskFailedRequest],
] as const;
const answersWith = (taskToken: Uint8Array, by?: Client) =>
  answers.map(([method, type]) => ({
    path: path(method),
    message: type.encode({ namespace: 'default', taskToken }).finish(),
    ...(by ? { by } : {}),
  }));
const answerMethods = callsOf(...answers.map(([method]) => method));

test('task tokens: forged, bare, cut, changed, foreign, and replayed under another certificate', async () => {
  const { id: jobId } = await stack.createJob({ hostId: victim.id });
  await stack.admin.call('startRun', { params: { jobId } });
  const owner = connectClient(stack.gatewayAddress, victim.identity, victim.identity);
  resources.defer(() => owner.close());
  const polled = await send(owner, path('PollActivityTaskQueue'), poll(taskQueues.forHost(victim.id)).message, {
    deadlineMs: 10_000,
  });
  const stolen = api.PollActivityTaskQueueResponse.decode(polled.bytes ?? Buffer.alloc(0)).taskToken;
  expect(stolen.length).toBeGreaterThan(40);
  const bare = stolen.subarray(32);
  const changed = Uint8Array.from(stolen);
  changed[40] = (changed[40] ?? 0) ^ 1;
  const tokens: [string, Uint8Array][] = [
    ['forged token', Buffer.from('0a24666f72676564', 'hex')],
    ['empty token', new Uint8Array()],
    ["another host's token", stolen],
    ["another host's token without its binding", bare],
    ["another host's token, cut off", stolen.subarray(0, 48)],
    ["another host's token, one bit changed", changed],
    ['a binding of zeros', Buffer.concat([Buffer.alloc(32), bare])],
  ];
  for (const [name, token] of tokens) await attempt(name, answersWith(token), 'PERMISSION_DENIED', answerMethods);
  // The owner of a token cannot use it with changed bytes either.
  await attempt('own token, one bit changed', answersWith(changed, owner), 'PERMISSION_DENIED', answerMethods);
});

test('metadata of its own making does not travel, and messages over the limit are not read', async () => {
  const metadata = { authorization: 'Bearer x', 'temporal-namespace': 'temporal-system', 'x-forwarded-for': '1.2.3.4' };
  await attempt(
    'other namespace by metadata',
    [{ ...poll(taskQueues.forHost(victim.id)), metadata }],
    'PERMISSION_DENIED',
    activityPollsOf(taskQueues.forHost(victim.id)),
  );
  await attempt(
    'message of 5 MiB',
    [{ path: path('DescribeNamespace'), message: new Uint8Array(5 * 1024 * 1024) }],
    'RESOURCE_EXHAUSTED',
    (calls) => calls.filter(({ message }) => message.length > 1024 * 1024),
  );
  await attempt(
    'bytes that are no message',
    ['PollActivityTaskQueue', 'RespondActivityTaskCompleted', 'RecordWorkerHeartbeat'].map((method) => ({
      path: path(method),
      message: Buffer.from('ffffffff', 'hex'),
    })),
    'INVALID_ARGUMENT',
    callsOf('RespondActivityTaskCompleted'),
  );
});

test('no certificate, another CA, a certificate that was replaced', async () => {
  const nobody = connectClient(stack.gatewayAddress, attacker.identity, undefined);
  resources.defer(() => nobody.close());
  const describe = { path: path('GetSystemInfo'), message: new Uint8Array() };
  await attempt('no certificate', [{ ...describe, by: nobody }], 'UNAVAILABLE', () => []);
  const replaced = await stack.registerHost('replaced-01');
  await stack.registerHost('replaced-01');
  const old = connectClient(stack.gatewayAddress, replaced.identity, replaced.identity);
  resources.defer(() => old.close());
  await attempt('a certificate that was replaced', [{ ...describe, by: old }], 'UNAUTHENTICATED', () => []);
});

test('after its revocation: the open poll is cut off, and a hundred instant reconnects are refused', async () => {
  const pending = send(client, path('PollActivityTaskQueue'), poll(taskQueues.forHost(attacker.id)).message, {
    deadlineMs: 30_000,
  });
  await expect.poll(() => activityPollsOf(taskQueues.forHost(attacker.id))(proxy.calls).length).toBeGreaterThan(0);
  const begun = Date.now();
  await stack.admin.call('revokeHost', { params: { hostId: attacker.id } });
  expect((await pending).code).not.toBe('OK');
  const cutAfterMs = Date.now() - begun;
  const reconnects = Array.from({ length: 100 }, () => {
    const by = connectClient(stack.gatewayAddress, attacker.identity, attacker.identity);
    resources.defer(() => by.close());
    return { ...poll(taskQueues.forHost(attacker.id)), by };
  });
  await attempt(
    `reconnect after revocation (open poll ended ${cutAfterMs} ms after it was asked for)`,
    reconnects,
    'UNAUTHENTICATED',
    activityPollsOf(taskQueues.forHost(attacker.id)),
  );
}, 60_000);
