// Hosts that stay connected to the worker gateway, as real ones do: one poll open each, a heartbeat every five seconds.
// Prints memory per host, CPU, lost polls, and the latency of a call through the gateway beside the same call sent to
// Temporal directly, interleaved in the same run. Traffic stays on this machine.
//   node bench/gateway/main.ts [hosts, default 1000] [minutes, default 10]
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createApiClient, HostId, taskQueues } from '@bigeye/contracts';
import { createCertificateRequest } from '@bigeye/host-kit';
import { type ClientIdentity, createMutualTlsTransport } from '@bigeye/service-kit';
import { type Client, credentials, Client as GrpcClient } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import { startControlPlaneProcess } from '../../tests/support/control-plane-process.ts';
import { connectClient, send } from '../../tests/support/gateway-client.ts';

const hostCount = Number(process.argv[2] ?? 1000);
const minutes = Number(process.argv[3] ?? 10);
const heartbeatEveryMs = 5_000;
const api = proto.temporal.api.workflowservice.v1;
const path = (method: string) => `/temporal.api.workflowservice.v1.WorkflowService/${method}`;

await using controlPlane = await startControlPlaneProcess({
  MAX_CONNECTIONS: String(hostCount * 5),
  MAX_CONNECTIONS_PER_ADDRESS: String(hostCount * 5),
});
const gateway = `${controlPlane.bridge}:${controlPlane.ports.gateway}`;
const hostApiUrl = `https://${controlPlane.bridge}:${controlPlane.ports.hostApi}`;
const idle = await sample();
console.log(`control plane idle: ${idle.rssMib} MiB`);

const registered = await timed('registered', () => inBatches(hostCount, 8, register));
const ended = new AbortController();
const polls = { open: 0, ended: 0, failed: 0 };
const failures = new Map<string, number>();
const beats = { sent: 0, failed: 0 };
const clients = await timed('connected, each with a poll', () => inBatches(hostCount, 16, connect));
const connected = await sample();
for (const [index, host] of registered.entries()) void beat(host, (index / hostCount) * heartbeatEveryMs);
await delay(heartbeatEveryMs);

const before = await sample();
const through: number[] = [];
const direct: number[] = [];
const temporal = new GrpcClient(`127.0.0.1:${controlPlane.ports.temporal}`, credentials.createInsecure());
let fewestOpen = hostCount;
for (const until = Date.now() + minutes * 60_000; Date.now() < until; await delay(250)) {
  direct.push(await callOnce(temporal));
  through.push(await callOnce(clients[through.length % clients.length] as Client));
  fewestOpen = Math.min(fewestOpen, polls.open);
}
const after = await sample();
ended.abort();

const seconds = (after.at - before.at) / 1000;
const perHost = (rssMib: number) => (((rssMib - idle.rssMib) * 1024) / hostCount).toFixed(0);
const percent = (ticks: number) => ((ticks / seconds) * 100).toFixed(1);
console.log(`
${hostCount} hosts for ${(seconds / 60).toFixed(1)} minutes, a heartbeat every ${heartbeatEveryMs / 1000} s each

polls      ${polls.failed} failed, ${polls.ended} ended in time and were asked again, never fewer than ${fewestOpen} open
heartbeats ${beats.sent} answered, ${beats.failed} not
memory     control plane ${connected.rssMib} MiB when connected (${perHost(connected.rssMib)} KiB a host), ${after.rssMib} MiB at the end (${perHost(after.rssMib)} KiB a host); Temporal ${after.temporalRssMib} MiB
CPU        control plane ${percent(after.cpu - before.cpu)} % of a core, Temporal ${percent(after.temporalCpu - before.temporalCpu)} %

GetSystemInfo, milliseconds     median      p95      p99
  Temporal directly         ${figures(direct)}
  through the gateway       ${figures(through)}
  added                     ${[0.5, 0.95, 0.99].map((q) => format(quantile(through, q) - quantile(direct, q))).join(' ')}
`);
for (const [why, times] of failures) console.log(`${times} polls failed: ${why}`);
process.exit(polls.failed + beats.failed === 0 ? 0 : 1);

interface BenchHost {
  id: HostId;
  identity: ClientIdentity;
}

async function register(index: number): Promise<BenchHost> {
  const id = HostId.parse(`bench-${index}`);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const certificateRequest = await createCertificateRequest(id, pem);
  const answer = await controlPlane.admin.call('registerHost', { body: { hostId: id, certificateRequest } });
  return {
    id,
    identity: { privateKey: pem, certificate: answer.certificate ?? '', caCertificate: answer.caCertificate },
  };
}

async function connect(index: number): Promise<Client> {
  const host = registered[index] as BenchHost;
  const client = connectClient(gateway, host.identity, host.identity);
  const { code, details } = await send(client, path('GetSystemInfo'), new Uint8Array(), { deadlineMs: 30_000 });
  if (code !== 'OK') throw new Error(`${host.id} is not let in: ${code} ${details}`);
  void poll(host, client);
  return client;
}

async function poll({ id }: BenchHost, client: Client): Promise<void> {
  const taskQueue = { name: taskQueues.forHost(id), kind: 1 };
  const request = api.PollActivityTaskQueueRequest.encode({ namespace: 'default', taskQueue }).finish();
  while (!ended.signal.aborted) {
    polls.open++;
    const { code, details } = await send(client, path('PollActivityTaskQueue'), request, { deadlineMs: 70_000 });
    polls.open--;
    if (ended.signal.aborted) return;
    if (code === 'OK') polls.ended++;
    else {
      polls.failed++;
      failures.set(`${code} ${details}`, (failures.get(`${code} ${details}`) ?? 0) + 1);
    }
  }
}

async function beat({ identity }: BenchHost, firstAfterMs: number): Promise<void> {
  using transport = createMutualTlsTransport(identity);
  const client = createApiClient({ baseUrl: hostApiUrl, transport });
  const body = { orchestratorVersion: 'bench', engineReachable: true, diskFreeBytes: null };
  await delay(firstAfterMs);
  while (!ended.signal.aborted) {
    await client.call('heartbeat', { body }).then(
      () => beats.sent++,
      () => beats.failed++,
    );
    await delay(heartbeatEveryMs);
  }
}

async function callOnce(client: Client): Promise<number> {
  const begun = performance.now();
  await send(client, path('GetSystemInfo'), new Uint8Array());
  return performance.now() - begun;
}

/** Resident memory in MiB and CPU time in seconds of the control plane and of its Temporal server. */
async function sample() {
  const [own, temporal] = [controlPlane.pid(), controlPlane.temporalPid()].map((pid) => {
    const rssKib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return { rssMib: Math.round(rssKib / 1024), cpu: (Number(fields[11]) + Number(fields[12])) / 100 };
  });
  return {
    at: Date.now(),
    rssMib: own?.rssMib ?? 0,
    cpu: own?.cpu ?? 0,
    temporalRssMib: temporal?.rssMib ?? 0,
    temporalCpu: temporal?.cpu ?? 0,
  };
}

async function inBatches<T>(count: number, atOnce: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let first = 0; first < count; first += atOnce)
    results.push(
      ...(await Promise.all(Array.from({ length: Math.min(atOnce, count - first) }, (_, i) => work(first + i)))),
    );
  return results;
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const result = await work();
  console.log(`${hostCount} hosts ${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return result;
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}
function format(value: number): string {
  return value.toFixed(2).padStart(8);
}
function figures(values: number[]): string {
  return [0.5, 0.95, 0.99].map((q) => format(quantile(values, q))).join(' ');
}
