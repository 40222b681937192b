import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { gatewayBytes, type HostId, hostLimits, taskQueues } from '@bigeye/contracts';
import proto from '@temporalio/proto';
import protobuf from 'protobufjs/minimal.js';
import type { ControlQueues } from './control-queues.ts';
import { Refusal } from './refusal.ts';

const api = proto.temporal.api.workflowservice.v1;
const { TaskQueueKind } = proto.temporal.api.enums.v1;

export interface RuleContext {
  hostId: HostId;
  namespace: string;
  tokens: TaskTokens;
  controlQueues: ControlQueues;
}

/**
 * Judges a request of a host and gives back the bytes to send on, rebuilt where a field is ours to set. Undefined: it is
 * answered with an empty message, and goes no further.
 */
export type RequestRule = (bytes: Buffer, context: RuleContext) => Uint8Array | undefined;
/** Changes an answer on its way to the host. */
export type ResponseRule = (bytes: Buffer, context: RuleContext) => Uint8Array;

export interface MethodRule {
  request: RequestRule;
  response?: ResponseRule;
  /** Waits for work, up to a minute. */
  isPoll?: true;
  /** Of the request; a longer one is not looked at. */
  maxBytes: number;
}

/**
 * Binds task tokens to the host they were given to. Temporal's token is an unsigned message that anyone who knows a
 * run's ids can make, and answers carry no queue: without this a host could answer another's work. Stateless.
 */
export class TaskTokens {
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  wrap(hostId: HostId, token: Uint8Array): Uint8Array {
    return Buffer.concat([this.#mac(hostId, token), token]);
  }

  /** Throws Refusal for a token that was not given to this host. */
  unwrap(hostId: HostId, wrapped: Uint8Array): Uint8Array {
    const token = wrapped.subarray(macBytes);
    if (wrapped.length <= macBytes || !timingSafeEqual(wrapped.subarray(0, macBytes), this.#mac(hostId, token)))
      throw new Refusal('this task was not given to this host');
    return token;
  }

  #mac(hostId: HostId, token: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(`${hostId.length}:${hostId}:`).update(token).digest();
  }
}

const macBytes = 32;

function requireNamespace(given: string | null | undefined, { namespace }: RuleContext): void {
  if (given !== namespace) throw new Refusal(`namespace "${given ?? ''}" is not open to hosts`);
}

const pollActivities: MethodRule = {
  isPoll: true,
  maxBytes: gatewayBytes.poll,
  request: (bytes, context) => {
    const request = api.PollActivityTaskQueueRequest.decode(bytes);
    requireNamespace(request.namespace, context);
    const own = taskQueues.forHost(context.hostId);
    const { name, kind } = request.taskQueue ?? {};
    if (name !== own) throw new Refusal(`queue "${name ?? ''}" is not the queue of host "${context.hostId}"`);
    if (kind && kind !== TaskQueueKind.TASK_QUEUE_KIND_NORMAL) throw new Refusal('only a normal queue can be polled');
    if (request.workerControlTaskQueue) context.controlQueues.claim(context.hostId, request.workerControlTaskQueue);
    request.identity = context.hostId;
    return api.PollActivityTaskQueueRequest.encode(request).finish();
  },
  response: (bytes, { hostId, tokens }) => {
    const response = api.PollActivityTaskQueueResponse.decode(bytes);
    // An empty answer means that the poll's time ran out.
    if (!response.taskToken || response.taskToken.length === 0) return bytes;
    response.taskToken = tokens.wrap(hostId, response.taskToken);
    return api.PollActivityTaskQueueResponse.encode(response).finish();
  },
};

interface TokenMessage {
  namespace?: string | null;
  taskToken?: Uint8Array | null;
  identity?: string | null;
}

/** A message that answers a task: its token must be this host's. */
function answersTask<M extends TokenMessage>(
  type: {
    decode(bytes: Uint8Array): M;
    encode(message: M): { finish(): Uint8Array };
  },
  maxBytes: number = gatewayBytes.answer,
): MethodRule {
  return {
    maxBytes,
    request: (bytes, context) => {
      const message = type.decode(bytes);
      requireNamespace(message.namespace, context);
      message.taskToken = context.tokens.unwrap(
        context.hostId, // An absent field is an empty array, and no bytes.
        Buffer.from(message.taskToken ?? []),
      );
      message.identity = context.hostId;
      return type.encode(message).finish();
    },
  };
}

const pollCommands: MethodRule = {
  isPoll: true,
  maxBytes: gatewayBytes.poll,
  request: (bytes, context) => {
    const request = api.PollNexusTaskQueueRequest.decode(bytes);
    requireNamespace(request.namespace, context);
    context.controlQueues.claim(context.hostId, request.taskQueue?.name ?? '');
    request.identity = context.hostId;
    return api.PollNexusTaskQueueRequest.encode(request).finish();
  },
  response: (bytes, { hostId, tokens }) => {
    const response = api.PollNexusTaskQueueResponse.decode(bytes);
    if (!response.taskToken || response.taskToken.length === 0) return bytes;
    response.taskToken = tokens.wrap(hostId, response.taskToken);
    const payload = response.request?.startOperation?.payload;
    if (payload?.data) payload.data = wrapCommandTokens(payload.data, (token) => tokens.wrap(hostId, token));
    return api.PollNexusTaskQueueResponse.encode(response).finish();
  },
};

/**
 * A command to cancel names its activity by task token, which the host knows only as we wrapped it. `data`: the message
 * ExecuteCommandsRequest { repeated WorkerCommand commands = 1 }, which the SDK's package has no class for.
 */
function wrapCommandTokens(data: Uint8Array, wrap: (token: Uint8Array) => Uint8Array): Uint8Array {
  const { WorkerCommand } = proto.temporal.api.worker.v1;
  const reader = protobuf.Reader.create(data);
  const writer = protobuf.Writer.create();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag !== commandsTag) throw new Error(`a worker command message has the unknown tag ${tag}`);
    const command = WorkerCommand.decode(reader.bytes());
    const cancel = command.cancelActivity;
    if (cancel?.taskToken) cancel.taskToken = wrap(cancel.taskToken);
    writer.uint32(commandsTag).bytes(WorkerCommand.encode(command).finish());
  }
  return writer.finish();
}

/** Field 1, length-delimited. */
const commandsTag = (1 << 3) | 2;

/** Temporal needs no name, process or load of a customer's machine. */
function hideMachine(heartbeat: WorkerHeartbeat | null | undefined, { hostId }: RuleContext): void {
  if (!heartbeat) return;
  heartbeat.hostInfo = null;
  heartbeat.workerIdentity = hostId;
}
type WorkerHeartbeat = proto.temporal.api.worker.v1.IWorkerHeartbeat;

const recordWorkerHeartbeat: MethodRule = {
  maxBytes: gatewayBytes.heartbeat,
  request: (bytes, context) => {
    const request = api.RecordWorkerHeartbeatRequest.decode(bytes);
    requireNamespace(request.namespace, context);
    if (request.workerHeartbeat.length > hostLimits.workersInHeartbeat)
      throw new Refusal(`at most ${hostLimits.workersInHeartbeat} workers in one heartbeat`, 'too much');
    for (const heartbeat of request.workerHeartbeat) hideMachine(heartbeat, context);
    request.identity = context.hostId;
    return api.RecordWorkerHeartbeatRequest.encode(request).finish();
  },
};

/** A message of which only the namespace is judged. */
const inNamespace = <M extends { namespace?: string | null }>(type: { decode(bytes: Uint8Array): M }): MethodRule => ({
  maxBytes: gatewayBytes.poll,
  request: (bytes, context) => {
    requireNamespace(type.decode(bytes).namespace, context);
    return bytes;
  },
});

const shutdownWorker: MethodRule = {
  maxBytes: gatewayBytes.heartbeat,
  request: (bytes, context) => {
    const request = api.ShutdownWorkerRequest.decode(bytes);
    requireNamespace(request.namespace, context);
    const own = taskQueues.forHost(context.hostId);
    // A worker says good-bye on its own queue and on its control queue. On the latter it does so too when it only moves
    // to another connection; Temporal would take the whole worker for gone and answer its polls with nothing, at once.
    if (request.taskQueue && request.taskQueue !== own) {
      context.controlQueues.claim(context.hostId, request.taskQueue);
      return undefined;
    }
    // A sticky queue belongs to workers that run workflows, and hosts run none.
    if (request.stickyTaskQueue) throw new Refusal('hosts have no sticky queue');
    request.identity = context.hostId;
    hideMachine(request.workerHeartbeat, context);
    return api.ShutdownWorkerRequest.encode(request).finish();
  },
};

/** The methods of an activity worker, and no other: what is not here is UNIMPLEMENTED. */
export const methodRules: Record<string, MethodRule> = {
  GetSystemInfo: { maxBytes: gatewayBytes.poll, request: (bytes) => bytes },
  DescribeNamespace: inNamespace(api.DescribeNamespaceRequest),
  PollActivityTaskQueue: pollActivities,
  RecordActivityTaskHeartbeat: answersTask(api.RecordActivityTaskHeartbeatRequest, gatewayBytes.heartbeat),
  RespondActivityTaskCompleted: answersTask(api.RespondActivityTaskCompletedRequest),
  RespondActivityTaskFailed: answersTask(api.RespondActivityTaskFailedRequest),
  RespondActivityTaskCanceled: answersTask(api.RespondActivityTaskCanceledRequest),
  PollNexusTaskQueue: pollCommands,
  RespondNexusTaskCompleted: answersTask(api.RespondNexusTaskCompletedRequest),
  RespondNexusTaskFailed: answersTask(api.RespondNexusTaskFailedRequest),
  RecordWorkerHeartbeat: recordWorkerHeartbeat,
  ShutdownWorker: shutdownWorker,
};
