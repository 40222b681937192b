// Many light hosts in one process: what an orchestrator keeps open and says, over the real protocols with a certificate for each, and
// nothing behind it. One connection to the gateway with a poll for work and a poll for commands, a message of its worker each minute, and
// one connection to the host API with a heartbeat every five seconds. Polls are retried as the SDK does (task_poll_retry_policy).
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiClient, hostHeartbeatEveryMs, taskQueues } from '@bigeye/contracts';
import { createMutualTlsTransport } from '@bigeye/service-kit';
import { connectivityState } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { untilNextTryMs } from '../../packages/orchestrator/src/host-heartbeat.ts';
import { connectClient, send } from '../../tests/support/gateway-client.ts';
import { preciseNow, type RegisteredHost, type Start, type Status, type TaskCame } from './registered-host.ts';

const api = proto.temporal.api.workflowservice.v1;
const namespace = 'default';
const path = (method: string) => `/temporal.api.workflowservice.v1.WorkflowService/${method}`;
const workerMessageEveryMs = 60_000;
const pollRetry = { firstMs: 200, maxMs: 10_000, jitter: 0.2 };

const counts = { beats: { answered: 0, failed: 0 }, polls: { ended: 0, failed: 0 } };
const failures = new Map<string, number>();
const hosts: { isPolling(): boolean; heardAt: number }[] = [];

process.once('message', (start: Start) => {
  for (const [index, host] of start.hosts.entries()) {
    // Spread over the time of one heartbeat, as machines are that were not started in the same second.
    const spreadMs = (index / start.hosts.length) * hostHeartbeatEveryMs;
    void live(host, start, spreadMs);
  }
  setInterval(tell, 250);
});
process.once('disconnect', () => process.exit(0));

async function live({ id, identity }: RegisteredHost, { gateway, hostApiUrl }: Start, spreadMs: number): Promise<void> {
  const client = connectClient(gateway, identity, identity, {
    // The retries of the polls decide when it is tried again.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 100,
  });
  const hostApi = createApiClient({ baseUrl: hostApiUrl, transport: createMutualTlsTransport(identity) });
  const controlQueue = `temporal-sys/worker-commands/${namespace}/${randomUUID()}`;
  const open = { work: false, commands: false };
  const state = {
    isPolling: () =>
      open.work && open.commands && client.getChannel().getConnectivityState(false) === connectivityState.READY,
    heardAt: 0,
  };
  hosts.push(state);

  const poll = async (
    kind: keyof typeof open,
    method: string,
    request: Uint8Array,
    onAnswer: (bytes: Buffer) => void,
  ) => {
    for (let failed = 0; ; ) {
      open[kind] = true;
      const { code, details, bytes } = await send(client, path(method), request, { deadlineMs: 70_000 });
      open[kind] = false;
      if (code === 'OK') {
        failed = 0;
        counts.polls.ended++;
        if (bytes) onAnswer(bytes);
        continue;
      }
      note('polls', `${code} ${details}`);
      const wholeMs = Math.min(pollRetry.maxMs, pollRetry.firstMs * 2 ** failed++);
      await delay(wholeMs * (1 + pollRetry.jitter * (2 * Math.random() - 1)));
    }
  };
  const refuse = (bytes: Buffer) => {
    const task = api.PollActivityTaskQueueResponse.decode(bytes);
    if (task.taskToken.length === 0) return;
    process.send?.({ kind: 'task', hostId: id, at: preciseNow() } satisfies TaskCame);
    const failure = { message: 'bench', applicationFailureInfo: { type: 'IMAGE_NOT_FOUND', nonRetryable: true } };
    const answer = { namespace, taskToken: task.taskToken, failure };
    void send(client, path('RespondActivityTaskFailed'), api.RespondActivityTaskFailedRequest.encode(answer).finish());
  };
  const beat = async () => {
    const body = { orchestratorVersion: 'bench', engineReachable: true, diskFreeBytes: 80_000_000_000 };
    for (let failed = 0; ; ) {
      const begun = Date.now();
      try {
        await hostApi.call('heartbeat', { body });
        counts.beats.answered++;
        state.heardAt = Date.now();
        failed = 0;
      } catch (error) {
        failed++;
        note('beats', (error as Error).message);
      }
      const tookMs = Date.now() - begun;
      await delay(
        failed > 0 ? untilNextTryMs(failed, hostHeartbeatEveryMs) : Math.max(0, hostHeartbeatEveryMs - tookMs),
      );
    }
  };
  const tellOfWorker = async () => {
    const workerHeartbeat = [{ workerInstanceKey: randomUUID(), taskQueue: taskQueues.forHost(id), sdkName: 'bench' }];
    const message = api.RecordWorkerHeartbeatRequest.encode({ namespace, identity: id, workerHeartbeat }).finish();
    for (;;) {
      await delay(workerMessageEveryMs);
      await send(client, path('RecordWorkerHeartbeat'), message);
    }
  };

  await delay(spreadMs);
  void beat();
  const work = {
    namespace,
    taskQueue: { name: taskQueues.forHost(id), kind: 1 },
    workerControlTaskQueue: controlQueue,
  };
  void poll('work', 'PollActivityTaskQueue', api.PollActivityTaskQueueRequest.encode(work).finish(), refuse);
  const commands = { namespace, taskQueue: { name: controlQueue } };
  void poll('commands', 'PollNexusTaskQueue', api.PollNexusTaskQueueRequest.encode(commands).finish(), () => {});
  void tellOfWorker();
}

function note(what: keyof typeof counts, why: string): void {
  counts[what].failed++;
  // Without addresses and times, which would make each of them another one.
  const kind = `${what}: ${why
    .replace(/ at https.*?: /, ': ')
    .replace(/(after|\(|:) ?\d.*$/, '…')
    .slice(0, 100)}`;
  failures.set(kind, (failures.get(kind) ?? 0) + 1);
}

function tell(): void {
  if (!process.connected) return;
  const { user, system } = process.cpuUsage();
  process.send?.({
    kind: 'status',
    polling: hosts.filter((host) => host.isPolling()).length,
    heard: hosts.filter(({ heardAt }) => Date.now() - heardAt < 2 * hostHeartbeatEveryMs).length,
    ...counts,
    failures: [...failures],
    rssMib: process.memoryUsage.rss() / 2 ** 20,
    cpuSeconds: (user + system) / 1e6,
  } satisfies Status);
}
