/**
 * Whether a large sync of lineage holds others up: 10,000 views of ten columns are sent twice to a real control plane
 * (embedded PostgreSQL), while a host sends a heartbeat every 100 ms; and 408 KB of nested nodes are sent. Run: node bench/lineage/main.ts
 */
import { startTestStack } from '../../tests/support/test-stack.ts';

const views = 10_000;
const columns = 10;

await using stack = await startTestStack();
const host = await stack.registerHost('bench-01');
const { id } = await stack.admin.call('createCustomRepository', { body: { name: 'bench' } });
const url = `${stack.apiUrl}/api/v2/lineage/custom-repositories/sync`;
const headers = { authorization: `apikey ${stack.adminKey}`, 'content-type': 'application/json' };

async function beats(until: Promise<unknown>): Promise<number[]> {
  let over = false;
  void until.finally(() => {
    over = true;
  });
  const latencies: number[] = [];
  while (!over) {
    const begun = performance.now();
    await host.api.call('heartbeat', {
      body: { orchestratorVersion: 'bench', engineReachable: true, diskFreeBytes: 1 },
    });
    latencies.push(performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return latencies.sort((a, b) => a - b);
}

async function measure(what: string, body: string): Promise<void> {
  const before = process.memoryUsage.rss();
  const begun = performance.now();
  const answer = fetch(url, { method: 'POST', headers, body });
  const latencies = await beats(answer);
  const { status } = await answer;
  console.log(what, {
    status,
    megabytes: body.length / 1e6,
    seconds: (performance.now() - begun) / 1000,
    heartbeatsMs: { median: latencies[Math.floor(latencies.length / 2)], longest: latencies.at(-1) },
    rssMib: { before: before / 2 ** 20, after: process.memoryUsage.rss() / 2 ** 20 },
  });
}

const name = (view: number, column?: number) =>
  `postgres://warehouse.example.com:5432/shop.public.view_${view}${column === undefined ? '' : `#column_${column}`}`;
const nodes: object[] = [];
const edges: object[] = [];
for (let view = 0; view < views; view++) {
  const definition = { name: 'definition', value: 'select '.repeat(500) };
  nodes.push({ externalId: name(view), nodeName: `view_${view}`, nodeType: 'VIEW', attributes: [definition] });
  for (let column = 0; column < columns; column++) {
    const externalId = name(view, column);
    nodes.push({ externalId, nodeName: `column_${column}`, nodeType: 'COLUMN', containerExternalId: name(view) });
    if (view === 0) continue;
    const transformations = [{ type: 'DIRECT', subtype: 'IDENTITY' }];
    edges.push({ upstreamExternalId: name(view - 1, column), downstreamExternalId: externalId, transformations });
  }
}
const body = JSON.stringify({ customRepositoryId: id, nodes, edges });
await measure('first sync', body);
await measure('the same again', body);
const nested = Array.from({ length: 4_500 }, (_, n) => ({
  externalId: `nested_${n}`,
  nodeName: `n${n}`.padEnd(12, '_'),
  nodeType: 'TABLE',
  ...(n > 0 ? { containerExternalId: `nested_${n - 1}` } : {}),
}));
await measure('nested nodes', JSON.stringify({ customRepositoryId: id, nodes: nested, edges: [] }));
