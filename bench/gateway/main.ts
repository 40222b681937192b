// Thousands of light hosts (hosts.ts, a process of their own) on one control plane with a PostgreSQL and a Temporal on this machine:
// what a host costs in memory and connections, what all of them cost in processor time and statements while nothing runs, what the
// gateway adds to a call, how long a run takes to reach a host, and how long all of them take to come back when the control plane was killed.
//   node bench/gateway/main.ts [hosts, default 2000] [minutes of rest, default 3] [runs, default 200]
import { type ChildProcess, fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HostId, type JobId, type ManagedAgent } from '@bigeye/contracts';
import { createCertificateRequest } from '@bigeye/host-kit';
import { until } from '@bigeye/testkit';
import { credentials, Client as GrpcClient } from '@grpc/grpc-js';
import { startControlPlaneProcess } from '../../tests/support/control-plane-process.ts';
import { connectClient, send } from '../../tests/support/gateway-client.ts';
import { startDefaultPostgres } from '../lineage/default-postgres.ts';
import { figuresOf } from '../lists/figures.ts';
import { preciseNow, type RegisteredHost, type Start, type Status, type TaskCame } from './registered-host.ts';
import { costOf, type Sample, sample } from './sample.ts';

const [hostCount = 2000, minutes = 3, runs = 200] = process.argv.slice(2).map(Number);
const downMs = 15_000;
const agents: ManagedAgent[] = [{ type: 'LINEAGE_PLUS', image: 'bench', connections: [] }];
const getSystemInfo = '/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo';

await using server = await startDefaultPostgres();
const client = await server.connect('bench watches');
await using controlPlane = await startControlPlaneProcess({
  DATABASE_URL: `postgresql://test@127.0.0.1:${server.port}/postgres`,
  MAX_CONNECTIONS: String(hostCount * 3),
  MAX_CONNECTIONS_PER_ADDRESS: String(hostCount * 3),
});
const gateway = `${controlPlane.bridge}:${controlPlane.ports.gateway}`;
const hostApiUrl = `https://${controlPlane.bridge}:${controlPlane.ports.hostApi}`;
const watch = () => sample({ controlPlane: controlPlane.pid(), temporal: controlPlane.temporalPid(), client });

const hosts = await timed('registered', () => inBatches(hostCount, 8, register));
const jobs = await createJobs();
await delay(5_000);
const alone = await watch();

let status: Status | undefined;
let highest = 0;
const arrivals = new Map<HostId, (at: number) => void>();
const child = fork(join(import.meta.dirname, 'hosts.ts'), { serialization: 'advanced' });
child.on('message', (message: Status | TaskCame) => {
  if (message.kind === 'status') status = message;
  else arrivals.get(message.hostId)?.(message.at);
});
using _ = { [Symbol.dispose]: () => end(child) };
await timed('connected, with their polls', async () => {
  child.send({ hosts, gateway, hostApiUrl } satisfies Start);
  await allAre(() => Math.min(status?.polling ?? 0, status?.heard ?? 0));
});

// A poll that began while everybody connected may take too long, and is begun anew within 70 s.
await delay(75_000);
const before = await watch();
const begun = status;
const through: number[] = [];
const direct: number[] = [];
const temporal = new GrpcClient(`127.0.0.1:${controlPlane.ports.temporal}`, credentials.createInsecure());
const probe = hosts[0] as RegisteredHost;
const probing = connectClient(gateway, probe.identity, probe.identity);
for (const stop = Date.now() + minutes * 60_000; Date.now() < stop; await delay(250)) {
  direct.push(await callOnce(temporal));
  through.push(await callOnce(probing));
}
const after = await watch();
tellOfRest(alone, before, after);

const arrived = await startRuns();
console.log(`\na run at a random host, ms    from the call of the API to the task there: ${words(arrived)}`);

await herd();
for (const open of [temporal, probing]) open.close();
await client.end();

async function register(index: number): Promise<RegisteredHost> {
  const id = HostId.parse(`bench-${index}`);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const certificateRequest = await createCertificateRequest(id, pem);
  const body = { hostId: id, managedAgents: agents, certificateRequest };
  const answer = await controlPlane.admin.call('registerHost', { body });
  return { id, identity: { ...answer, privateKey: pem, certificate: answer.certificate ?? '' } };
}

/** On random hosts, one on each. */
async function createJobs(): Promise<{ id: JobId; hostId: HostId }[]> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await controlPlane.admin.call('putAgentPublicKey', { body: { publicKey: pem } });
  const chosen = hosts.toSorted(() => Math.random() - 0.5).slice(0, runs);
  return await inBatches(chosen.length, 8, async (index) => {
    const { id: hostId } = chosen[index] as RegisteredHost;
    const parameters = { connectors: ['postgres'] };
    const body = { name: `bench ${index}`, hostId, agentType: 'LINEAGE_PLUS' as const, parameters };
    return { id: (await controlPlane.admin.call('createJob', { body })).id, hostId };
  });
}

/** One after the other, so that none waits for another. */
async function startRuns(): Promise<number[]> {
  const took: number[] = [];
  for (const { id: jobId, hostId } of jobs) {
    const arrival = new Promise<number>((resolve) => arrivals.set(hostId, resolve));
    const asked = preciseNow();
    await controlPlane.admin.call('startRun', { params: { jobId } });
    took.push((await arrival) - asked);
  }
  return took;
}

/** Everybody loses the control plane at once, and comes back by the pauses of its own. Temporal dies and begins anew with it. */
async function herd(): Promise<void> {
  const failedBefore = (status?.polls.failed ?? 0) + (status?.beats.failed ?? 0);
  await controlPlane.kill();
  await delay(downMs);
  const started = performance.now();
  await controlPlane.start();
  const ready = performance.now();
  const { cpuSeconds } = costOf(controlPlane.pid());
  highest = 0;
  const heard: [share: number, seconds: number][] = [];
  const polling: [share: number, seconds: number][] = [];
  const shares = [0.5, 0.95, 1];
  const note = (reached: typeof heard, count: number) => {
    for (const share of shares)
      if (count >= share * hostCount && !reached.some(([one]) => one === share))
        reached.push([share, (performance.now() - ready) / 1000]);
  };
  await until(
    async () => {
      highest = Math.max(highest, costOf(controlPlane.pid()).rssMib);
      note(heard, status?.heard ?? 0);
      note(polling, status?.polling ?? 0);
      return heard.length + polling.length === 2 * shares.length;
    },
    { timeoutMs: 180_000, late: () => `not all came back: ${JSON.stringify(status)}` },
  );
  const cpu = costOf(controlPlane.pid()).cpuSeconds - cpuSeconds;
  const summary = await controlPlane.admin.call('summarizeHosts');
  const failed = (status?.polls.failed ?? 0) + (status?.beats.failed ?? 0) - failedBefore;
  const inWords = (reached: typeof heard) =>
    reached.map(([share, seconds]) => `${share * 100} % after ${seconds.toFixed(1)} s`).join(', ');
  console.log(`
all at once    the control plane was away for ${downMs / 1000} s and took ${((ready - started) / 1000).toFixed(1)} s to start; from then on
  heartbeats answered   ${inWords(heard)}
  polls open            ${inWords(polling)}
  it says               ${summary.states.online} online; ${failed} calls failed meanwhile and were tried again
  cost                  ${cpu.toFixed(1)} s of processor, ${highest.toFixed(0)} MiB at the highest
load of this machine  ${loadavg()[0]?.toFixed(1)}`);
}

function tellOfRest(idle: Sample, first: Sample, last: Sample): void {
  const seconds = (last.at - first.at) / 1000;
  const perHost = (of: 'controlPlane' | 'temporal' | 'postgres') =>
    `${last[of].rssMib.toFixed(0)} MiB (${(((last[of].rssMib - idle[of].rssMib) * 1024) / hostCount).toFixed(0)} KiB a host)`;
  const percent = (of: 'controlPlane' | 'temporal' | 'postgres') =>
    `${(((last[of].cpuSeconds - first[of].cpuSeconds) / seconds) * 100).toFixed(1)} %`;
  const since = (of: (one: Status) => number) => (status && begun ? of(status) - of(begun) : Number.NaN);
  const own = status && begun ? ((status.cpuSeconds - begun.cpuSeconds) / seconds) * 100 : Number.NaN;
  console.log(`
${hostCount} hosts at rest for ${(seconds / 60).toFixed(1)} minutes, load of this machine ${loadavg()[0]?.toFixed(1)}

open          ${last.descriptors} descriptors, ${((last.descriptors - idle.descriptors) / hostCount).toFixed(2)} a host
heartbeats    ${(since(({ beats }) => beats.answered) / seconds).toFixed(1)} a second, ${since(({ beats }) => beats.failed)} not answered
polls         ${(since(({ polls }) => polls.ended) / seconds).toFixed(1)} a second ended in time and asked again, ${since(({ polls }) => polls.failed)} failed
PostgreSQL    ${((last.commits - first.commits) / seconds).toFixed(1)} transactions a second
memory        control plane ${perHost('controlPlane')}, Temporal ${perHost('temporal')}, PostgreSQL's backends ${perHost('postgres')}
processor     control plane ${percent('controlPlane')} of a core, Temporal ${percent('temporal')}, PostgreSQL ${percent('postgres')}; the hosts ${own.toFixed(1)} %

GetSystemInfo, ms    directly ${words(direct)}; through the gateway ${words(through)}`);
  for (const [why, times] of status?.failures ?? []) console.log(`${times} times: ${why}`);
}

async function allAre(count: () => number): Promise<void> {
  const late = () => `only ${count()} of ${hostCount}: ${JSON.stringify(status)}`;
  await until(async () => count() >= hostCount, { timeoutMs: 300_000, late });
}

async function callOnce(to: GrpcClient): Promise<number> {
  const begunAt = performance.now();
  await send(to, getSystemInfo, new Uint8Array());
  return performance.now() - begunAt;
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
  const begunAt = performance.now();
  const result = await work();
  console.log(`${hostCount} hosts ${what}: ${((performance.now() - begunAt) / 1000).toFixed(1)} s`);
  return result;
}

function end(process: ChildProcess): void {
  process.disconnect();
}

function words(ms: number[]): string {
  const { p50, p95 } = figuresOf(ms);
  return `${p50.toFixed(1)} (p95 ${p95.toFixed(1)})`;
}
