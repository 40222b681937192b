// How long from the trigger of a run to its container running, beside the same container started directly over the
// Docker socket, interleaved in the same run, and where the time goes.
//   node bench/dispatch/main.ts [runs, default 50]
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunId } from '@bigeye/contracts';
import { docker, requireBuilt, startControlPlaneProcess } from '../../tests/support/control-plane-process.ts';
import { buildTestAgent, registerRealHost, testAgentImage } from '../../tests/support/real-host.ts';

const runs = Number(process.argv[2] ?? 50);
const warmUp = 3;

requireBuilt();
buildTestAgent();
await using controlPlane = await startControlPlaneProcess();
await using host = await registerRealHost(controlPlane, `bench-${process.pid}`, testAgentImage);
host.addOrder('short', { mode: 'lines', count: 1, everyMs: 1, exitCode: 0 });
host.addOrder('long', { mode: 'lines', count: 40, everyMs: 50, exitCode: 0 });
const parameters = { connectors: ['postgres'], connectionName: 'short' };
const job = await controlPlane.admin.call('createJob', {
  body: { name: 'bench', hostId: host.id, agentType: 'LINEAGE_PLUS', parameters },
});

const stages = ['offered', 'accepted', 'created', 'started'] as const;
const stageNames = {
  offered: 'API, database, workflow start',
  accepted: 'Temporal, gateway, orchestrator',
  created: 'files, guard, engine: create',
  started: 'guard, engine: start',
};
const dispatched: number[] = [];
const direct: number[] = [];
const stageMs = new Map<string, number[]>(stages.map((stage) => [stage, []]));
/** Stands for the run's folders in the other arm. */
const folder = mkdtempSync(join(tmpdir(), 'bench-'));

const template = await templateOf((await host.start('long')).id);

for (let i = -warmUp; i < runs; i++) {
  const ours = await dispatchOnce(i >= 0);
  const theirs = await startDirectly(template, i);
  if (i < 0) continue;
  dispatched.push(ours.ms);
  direct.push(theirs);
}
rmSync(folder, { recursive: true });

console.log(`\nTrigger → container running, ${runs} runs each, interleaved, milliseconds\n`);
console.log('                                        median     p95');
print('through the product', dispatched);
print('the Docker socket alone', direct);
console.log(`${'added by the product'.padEnd(38)}${(median(dispatched) - median(direct)).toFixed(1).padStart(8)}`);
console.log('\nWhere the time goes (median since the stage before)\n');
for (const stage of stages) print(stageNames[stage], stageMs.get(stage) ?? []);

async function dispatchOnce(measured: boolean): Promise<{ runId: RunId; ms: number }> {
  const triggered = Date.now();
  const run = await controlPlane.admin.call('startRun', { params: { jobId: job.id } });
  const at = await startedAt(run.id);
  if (measured) await noteStages(run.id, triggered);
  return { runId: run.id, ms: at - triggered };
}

/**
 * The engine's own time, in milliseconds; same clock as ours, since it is the same machine. Read when the run is over:
 * asking all the time would measure the asking.
 */
async function startedAt(runId: RunId): Promise<number> {
  await controlPlane.finished(runId);
  const { events } = await controlPlane.admin.call('getRunTimeline', { params: { runId } });
  return Date.parse(events.find((event) => event.kind === 'started')?.at ?? '');
}

async function noteStages(runId: RunId, triggered: number): Promise<void> {
  const { events } = await controlPlane.admin.call('getRunTimeline', { params: { runId } });
  let before = triggered;
  for (const stage of stages) {
    const event = events.find(({ kind }) => kind === stage);
    if (!event) continue;
    const at = Date.parse(event.at);
    stageMs.get(stage)?.push(at - before);
    before = at;
  }
}

/** The create request of a run's container, read back from the engine, so that both arms start the same thing. */
async function templateOf(runId: RunId): Promise<object> {
  let id = '';
  while (!id) id = docker('ps', '-q', '--filter', `label=com.bigeye.run.id=${runId}`);
  const [inspected] = JSON.parse(docker('inspect', id)) as [
    { Config: Record<string, unknown>; HostConfig: { Mounts: { Source?: string }[] } },
  ];
  const { Image, User, Cmd } = inspected.Config;
  const Mounts = inspected.HostConfig.Mounts.map((mount) => ({ ...mount, Source: mount.Source && folder }));
  await controlPlane.finished(runId);
  return { Image, User, Cmd, HostConfig: { ...inspected.HostConfig, Mounts } };
}

async function startDirectly(body: object, i: number): Promise<number> {
  const name = `bench-direct-${process.pid}-${i + warmUp}`;
  const begun = Date.now();
  await engine('POST', `/containers/create?name=${name}`, body);
  await engine('POST', `/containers/${name}/start`);
  const { State } = (await engine('GET', `/containers/${name}/json`)) as { State: { StartedAt: string } };
  await engine('POST', `/containers/${name}/wait`);
  await engine('DELETE', `/containers/${name}?force=1`);
  return Date.parse(State.StartedAt) - begun;
}

function engine(method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body);
    const call = request({
      socketPath: '/var/run/docker.sock',
      method,
      path,
      headers: text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {},
    });
    call.on('error', reject);
    call.on('response', async (reply) => {
      let answer = '';
      for await (const data of reply) answer += data;
      if ((reply.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${answer}`));
      else resolve(answer.startsWith('{') ? JSON.parse(answer) : undefined);
    });
    call.end(text);
  });
}

function median(values: number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

function print(name: string, values: number[]): void {
  const [middle, high] = [median(values), quantile(values, 0.95)];
  console.log(`${name.padEnd(38)}${middle.toFixed(1).padStart(8)}${high.toFixed(1).padStart(8)}`);
}
