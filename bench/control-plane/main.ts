// What a run costs the control plane, and how many it can take: a control plane with its PostgreSQL and its Temporal as a
// user starts it, hosts with the real orchestrator and a fake engine, and runs that are started at a rate, whether the
// ones before are over or not.
//   node bench/control-plane/main.ts [--rate 600 a minute] [--runs 300] [--hosts 5] [--warm-up 100] [--statements]
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type HostId, isAppError, type JobId } from '@bigeye/contracts';
import { until } from '@bigeye/testkit';
import pg from 'pg';
import { type SpawnedControlPlane, spawnControlPlane } from '../../tests/support/spawned-control-plane.ts';
import { createClients } from '../../tests/support/test-stack.ts';
import { figuresOf } from '../lists/figures.ts';
import type { Order } from './hosts.ts';
import { costOf, threadsOf } from './process-cost.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '600' },
    runs: { type: 'string', default: '300' },
    hosts: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '100' },
    /** How long a container runs, and how many lines it says. */
    'run-ms': { type: 'string', default: '200' },
    lines: { type: 'string', default: '3' },
    /** Shows which statements a run needs. */
    statements: { type: 'boolean', default: false },
    /** Node's options for the control plane, for example --node=--cpu-prof. */
    node: { type: 'string', default: '' },
  },
});
const rate = Number(values.rate);
const runs = Number(values.runs);
const warmUp = Number(values['warm-up']);
/** So many that none is still active when its turn comes again. */
const jobCount = 4_000;

await using stack = new AsyncDisposableStack();
const dataDir = mkdtempSync(join(tmpdir(), 'bench-control-plane-'));
stack.defer(() => rmSync(dataDir, { recursive: true, force: true }));
const controlPlane = await startWithStatistics();
stack.defer(async () => void (await controlPlane.end()));
const database = await openDatabase();
stack.defer(() => database.end());
await database.query('create extension pg_stat_statements');
const adminKey = /bigeye_pak_\w+/.exec(readFileSync(join(dataDir, 'first-admin.txt'), 'utf8'))?.[0] ?? '';
const at = { apiUrl: controlPlane.apiUrl, hostApiUrl: `https://${controlPlane.hostApiAddress}` };
const { admin } = createClients(at, adminKey);
const hosts = await startHosts();
const jobs = await createJobs();
let turn = 0;

await startAtRate(warmUp);
await untilOver();
await database.query('select pg_stat_statements_reset()');
const [before, requestsBefore] = [sample(), await requestsOfHosts()];
const began = performance.now();
const { triggered, answeredMs, refused } = await startAtRate(runs);
const offeredMs = performance.now() - began;
await untilOver();
const wholeMs = performance.now() - began;
const [after, requests] = [sample(), (await requestsOfHosts()) - requestsBefore];
await print();

/** Statements are counted by a library that PostgreSQL loads at its start only, so the control plane starts twice. */
async function startWithStatistics(): Promise<SpawnedControlPlane> {
  const settings = { LOG_LEVEL: 'warn', MAX_CONNECTIONS_PER_ADDRESS: '5000' };
  const first = await spawnControlPlane({ dataDir, settings });
  await first.settled();
  const client = await openDatabase();
  await client.query("alter system set shared_preload_libraries = 'pg_stat_statements'");
  await client.end();
  await first.end();
  const second = await spawnControlPlane({ dataDir, settings: { ...settings, NODE_OPTIONS: values.node } });
  await second.settled();
  return second;
}

async function openDatabase(): Promise<pg.Client> {
  const client = new pg.Client({ host: join(dataDir, 'socket'), user: 'orchestrator', database: 'postgres' });
  // It ends with the control plane.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function startHosts(): Promise<ChildProcess & { ids: HostId[] }> {
  // Their journals lie in memory: the disk of this machine is the control plane's alone.
  const child = fork(join(import.meta.dirname, 'hosts.ts'), { env: { ...process.env, TMPDIR: '/dev/shm' } });
  stack.defer(async () => {
    child.send('end');
    await once(child, 'exit');
  });
  const order: Order = {
    ...at,
    gatewayAddress: controlPlane.gatewayAddress,
    adminKey,
    hosts: Number(values.hosts),
    slots: 60,
    runMs: Number(values['run-ms']),
    lines: Number(values.lines),
  };
  child.send(order);
  const [ids] = (await once(child, 'message')) as [HostId[]];
  return Object.assign(child, { ids });
}

async function requestsOfHosts(): Promise<number> {
  hosts.send('requests');
  const [count] = (await once(hosts, 'message')) as [number];
  return count;
}

/** One by the API, and copies of it, by turns for each host. */
async function createJobs(): Promise<JobId[]> {
  const body = { agentType: 'LINEAGE_PLUS', parameters: { connectors: ['postgres'], connectionName: 'shop' } } as const;
  const model = await admin.call('createJob', { body: { ...body, name: 'model', hostId: hosts.ids[0] as HostId } });
  const { rows } = await database.query(
    `insert into jobs select (jsonb_populate_record(jobs, jsonb_build_object(
       'id', 'job_' || lpad(n::text, 20, '0'), 'name', 'job ' || n, 'host_id', ($2::text[])[1 + n % $3]))).*
     from jobs, generate_series(1, $4::int) as n where jobs.id = $1 returning id`,
    [model.id, hosts.ids, hosts.ids.length, jobCount],
  );
  return rows.map(({ id }) => id);
}

/** Starts `count` runs, each when its time has come. What is refused is counted by its code. */
async function startAtRate(count: number) {
  const triggered = new Map<string, number>();
  const answeredMs: number[] = [];
  const refused = new Map<string, number>();
  const startOne = async () => {
    const jobId = jobs[turn++ % jobs.length] as JobId;
    const at = Date.now();
    try {
      const { id } = await admin.call('startRun', { params: { jobId } });
      triggered.set(id, at);
      answeredMs.push(Date.now() - at);
    } catch (error) {
      const code = isAppError(error) ? `${error.code} (${error.message})` : String(error);
      refused.set(code, (refused.get(code) ?? 0) + 1);
    }
  };
  const first = performance.now();
  const calls: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    await delay(Math.max(0, first + (n * 60_000) / rate - performance.now()));
    calls.push(startOne());
  }
  await Promise.all(calls);
  return { triggered, answeredMs, refused };
}

async function untilOver(): Promise<void> {
  const active = "select count(*)::int as count from runs where status in ('queued', 'running')";
  await until(async () => (await database.query(active)).rows[0].count === 0, {
    timeoutMs: 30 * 60_000,
    late: () => 'runs go on for half an hour',
  });
}

function sample() {
  const temporal = Number(readFileSync(join(dataDir, 'temporal.pid'), 'utf8'));
  const postmaster = Number(readFileSync(join(dataDir, 'database/postmaster.pid'), 'utf8').split('\n')[0]);
  return {
    costs: {
      'control plane': costOf(controlPlane.pid),
      PostgreSQL: costOf(postmaster, { withChildren: true }),
      Temporal: costOf(temporal),
      'the hosts, all of them': costOf(hosts.pid ?? 0),
    },
    threads: threadsOf(controlPlane.pid),
  };
}

async function print(): Promise<void> {
  const { rows: accepted } = await database.query(
    "select run_id, min(at) as at from run_timeline where kind = 'accepted' and run_id = any($1) group by run_id",
    [[...triggered.keys()]],
  );
  const { rows: ends } = await database.query(
    'select status, count(*)::int as count from runs where id = any($1) group by status',
    [[...triggered.keys()]],
  );
  const acceptedMs = accepted.map(({ run_id, at }) => at.getTime() - (triggered.get(run_id) ?? 0));
  const perMinute = (ms: number) => ((runs / ms) * 60_000).toFixed(0);
  const [load = 0] = loadavg();
  console.log(`
${runs} runs on ${hosts.ids.length} hosts, asked for at ${perMinute(offeredMs)} a minute; all were over at ${perMinute(wholeMs)} a minute. Load ${load.toFixed(1)}
${ends.map(({ status, count }) => `${count} ${status}`).join(', ')}${[...refused].map(([code, count]) => `, ${count} refused: ${code}`).join('')}

processor time, ms a run, and memory, MiB`);
  for (const [name, { cpuMs, memoryMib }] of Object.entries(after.costs)) {
    const first = before.costs[name as keyof typeof before.costs];
    console.log(
      `  ${name.padEnd(30)}${((cpuMs - first.cpuMs) / runs).toFixed(1).padStart(8)}   ${first.memoryMib} → ${memoryMib}`,
    );
  }
  const threads = [...after.threads].map(
    ([name, ms]) => [name, (ms - (before.threads.get(name) ?? 0)) / runs] as const,
  );
  const busy = threads.filter(([, ms]) => ms >= 0.1).sort(([, a], [, b]) => b - a);
  console.log(`  of the control plane: ${busy.map(([name, ms]) => `${name} ${ms.toFixed(1)}`).join(', ')}`);
  const { rows: statements } = await database.query(
    `select query, calls::int, total_exec_time as ms from pg_stat_statements where query !~ 'pg_stat_statements|status in'
     order by calls desc`,
  );
  const calls = statements.reduce((sum, statement) => sum + statement.calls, 0);
  console.log(`
a run needs ${(calls / runs).toFixed(1)} statements and ${(requests / runs).toFixed(1)} requests of its host

milliseconds                       p50     p95`);
  for (const [name, ms] of Object.entries({ 'trigger → answered': answeredMs, 'trigger → accepted': acceptedMs })) {
    const { p50, p95 } = figuresOf(ms);
    console.log(`  ${name.padEnd(28)}${p50.toFixed(0).padStart(8)}${p95.toFixed(0).padStart(8)}`);
  }
  if (!values.statements) return;
  for (const statement of statements.slice(0, 40))
    console.log(
      `${(statement.calls / runs).toFixed(2).padStart(6)} ${(statement.ms / runs).toFixed(2).padStart(6)} ms  ${statement.query.replace(/\s+/g, ' ').slice(0, 150)}`,
    );
}
