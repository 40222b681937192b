// The main job as a user does it: register this machine with the real CLI, install Lineage Plus, add the connection,
// create a job over the API, start it, follow its log, and look at the lineage it found. Called by script/quickstart.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AgentOutputLine,
  createApiClient,
  type HostId,
  isActive,
  type JobId,
  type LineageNode,
  type RunId,
  visibleText,
} from '@bigeye/contracts';
import { createHttpTransport } from '@bigeye/service-kit';

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; start script/quickstart instead.`);
  return value;
}
const apiUrl = setting('BIGEYE_API_URL');
const hostId = setting('QUICKSTART_HOST_ID') as HostId;
const home = setting('QUICKSTART_HOST_HOME');
const [warehouse = '', warehousePort = ''] = setting('QUICKSTART_WAREHOUSE').split(':');
const api = createApiClient({
  baseUrl: apiUrl,
  transport: createHttpTransport(),
  authorization: `apikey ${setting('BIGEYE_PERSONAL_API_KEY')}`,
});
const jobName = 'Lineage of the demo shop';

function bigeyeAgent(title: string, ...args: string[]): void {
  const started = Date.now();
  process.stdout.write(`  ${`bigeye-agent ${title}`.padEnd(58)}`);
  const cli = join(import.meta.dirname, '../dist/bigeye-agent');
  const { status, stdout, stderr } = spawnSync(cli, ['--home', home, ...args], { encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(`failed\n\n${stdout}${stderr}`);
    process.exit(status ?? 1);
  }
  console.log(`${Math.round((Date.now() - started) / 1000)}s`.padStart(5));
}

async function registerHost(): Promise<void> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const registered = existsSync(join(home, 'bigeye_agent.yml'));
  const { publicUrl } = await readPublicUrl();
  const agentKey = registered ? [] : ['--agent-api-key', await createAgentKey()];
  bigeyeAgent(`register --host-id ${hostId}`, 'register', '--host-id', hostId, '--api-url', publicUrl, ...agentKey);
  bigeyeAgent('install --agent LINEAGE_PLUS', 'install', '--agent', 'LINEAGE_PLUS');
  if (readFileSync(join(home, 'bigeye_agent.yml'), 'utf8').includes(`host: ${warehouse}`)) return;
  const connection = ['--name', 'shop', '--host', warehouse, '--port', warehousePort, '--database', 'shop'];
  const login = ['--username', 'bigeye', '--password', 'demo', '--sslmode', 'disable'];
  bigeyeAgent('add-connector -c postgres --name shop', 'add-connector', '-c', 'postgres', ...connection, ...login);
}

/** Containers reach the API by another address than this script; the API's own document names it. */
async function readPublicUrl(): Promise<{ publicUrl: string }> {
  const reply = await fetch(`${apiUrl}/openapi.json`);
  const document = (await reply.json()) as { servers: [{ url: string }] };
  return { publicUrl: document.servers[0].url };
}

async function createAgentKey(): Promise<string> {
  return (await api.call('createAgentApiKey', { body: { name: `host ${hostId}` } })).apiKey;
}

/** The first admin's key ends by itself, and the quickstart is used for longer. */
async function keepKey(): Promise<void> {
  const { items } = await api.call('listPersonalApiKeys');
  for (const { id, expiresAt } of items)
    if (expiresAt !== null) await api.call('keepPersonalApiKey', { params: { apiKeyId: id } });
}

async function findOrCreateJob(): Promise<JobId> {
  const { items } = await api.call('listJobs', { query: { search: jobName, limit: 200 } });
  const existing = items.find((job) => job.name === jobName && job.hostId === hostId);
  if (existing) return existing.id;
  const parameters = { connectors: ['postgres'], connectionName: 'shop' };
  const job = await api.call('createJob', { body: { name: jobName, hostId, agentType: 'LINEAGE_PLUS', parameters } });
  return job.id;
}

async function follow(runId: RunId): Promise<void> {
  for (let after = 0; ; ) {
    const page = await api.call('getRunLog', { params: { runId }, query: { after } });
    for (const { at, stream, text } of page.lines)
      console.log(`    ${at.slice(11, 23)} ${stream.padEnd(6)} ${visibleText(readable(text))}`);
    after = page.nextAfter;
    if (page.complete) return;
    if (page.lines.length === 0) await delay(200);
  }
}

/** An agent's standard output is JSON for machines; people read its message. */
function readable(text: string): string {
  const line = AgentOutputLine.safeParse(jsonOrNothing(text));
  if (!line.success) return text;
  switch (line.data.type) {
    case 'progress':
      return `${line.data.phase} ${line.data.done}${line.data.total ? ` of ${line.data.total}` : ''} ${line.data.unit ?? ''}`;
    case 'warning':
      return `warning ${line.data.code}: ${line.data.message}`;
    case 'result':
      return `${line.data.outcome}: ${line.data.message}`;
  }
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function printLineage(): Promise<void> {
  const { nodes } = await api.call('searchLineageNodes', { query: { search: 'shop.', limit: 500 } });
  const tables = nodes.filter((node) => node.type !== 'COLUMN');
  const columns = nodes.filter((node) => node.type === 'COLUMN');
  const views = tables.filter((node) => node.type !== 'TABLE');
  const edges = new Set<string>();
  let longest: { column: LineageNode; hops: string[] } | undefined;
  for (const view of views) {
    const graph = await api.call('getLineageGraph', {
      params: { nodeId: view.id },
      query: { direction: 'UPSTREAM', depth: 1 },
    });
    for (const column of graph.nodes.filter((node) => node.containerId === view.id)) {
      const hops = await traceColumn(column, edges);
      if (hops.length > (longest?.hops.length ?? 0)) longest = { column, hops };
    }
  }
  console.log(
    `\n  Lineage found: ${tables.length - views.length} tables, ${views.length} views, ${columns.length} columns, ${edges.size} column edges`,
  );
  if (longest) {
    console.log(`  Where does ${longest.column.path} come from?`);
    for (const hop of longest.hops) console.log(`    ${hop}`);
  }
}

/** The column's edges, all the way to its origins, each as a line. */
async function traceColumn(column: LineageNode, edges: Set<string>): Promise<string[]> {
  const graph = await api.call('getLineageGraph', {
    params: { nodeId: column.id },
    query: { direction: 'UPSTREAM', depth: 20 },
  });
  const pathOf = new Map(graph.nodes.map((node) => [node.id, node.path]));
  const columnIds = new Set(graph.nodes.filter((node) => node.type === 'COLUMN').map((node) => node.id));
  return graph.edges
    .filter((edge) => columnIds.has(edge.upstreamId) && columnIds.has(edge.downstreamId))
    .map((edge) => {
      edges.add(`${edge.upstreamId} ${edge.downstreamId}`);
      const kinds = [...new Set(edge.transformations.map((t) => t.subtype.toLowerCase()))].join(', ');
      return `${pathOf.get(edge.downstreamId)} ← ${pathOf.get(edge.upstreamId)} (${kinds})`;
    });
}

await keepKey();
await registerHost();
const jobId = await findOrCreateJob();
const started = Date.now();
const run = await api.call('startRun', { params: { jobId } });
console.log(`\n  Run ${run.id} of job "${run.jobName}", live:`);
await follow(run.id);
let ended = await api.call('getRun', { params: { runId: run.id } });
while (isActive(ended.status)) {
  await delay(200);
  ended = await api.call('getRun', { params: { runId: run.id } });
}
console.log(`\n  Run ${ended.status} after ${((Date.now() - started) / 1000).toFixed(1)} s`);
if (ended.status !== 'succeeded') {
  console.error(`  ${ended.failure?.code}: ${ended.failure?.message}\n  → ${ended.failure?.remedy}`);
  process.exit(1);
}
await printLineage();
