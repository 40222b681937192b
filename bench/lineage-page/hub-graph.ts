import type { LineageSyncRequest } from '@bigeye/contracts';

type Graph = Pick<LineageSyncRequest, 'nodes' | 'edges'>;

const schemas = ['raw', 'landing', 'staging', 'core', 'marts', 'metrics', 'reports', 'exports'];
/** The layer that the hubs are in. */
const middle = schemas.indexOf('core');
const kinds = [
  { type: 'DIRECT', subtype: 'IDENTITY' },
  { type: 'DIRECT', subtype: 'TRANSFORMATION' },
  { type: 'DIRECT', subtype: 'AGGREGATION' },
] as const;

export const hubPath = 'warehouse.core.hub_0';

/**
 * A warehouse as they grow: eight layers, and some tables in the middle that everything reads. The same for the same
 * numbers, always. Exactly so many tables and edges, between tables and between columns.
 */
export function createHubGraph({ tables = 2000, edges: wantedEdges = 27_000, hubs = 8, columns = 10 } = {}): Graph {
  const random = randomOf(20261126);
  const pick = (below: number) => Math.floor(random() * below);
  const nodes: Graph['nodes'] = [
    { externalId: 'warehouse', nodeName: 'warehouse', nodeType: 'DATABASE' },
    ...schemas.map((name) => ({
      externalId: name,
      nodeName: name,
      nodeType: 'SCHEMA' as const,
      containerExternalId: 'warehouse',
    })),
  ];
  const perLayer = Math.ceil(tables / schemas.length);
  const layerOf = (table: number) => Math.floor(table / perLayer);
  const firstHub = middle * perLayer;
  const isHub = (table: number) => table >= firstHub && table < firstHub + hubs;
  const nameOf = (table: number) =>
    isHub(table) ? `hub_${table - firstHub}` : `${schemas[layerOf(table)]?.slice(0, 4)}_table_${table}`;
  for (let table = 0; table < tables; table++) {
    const layer = layerOf(table);
    const schema = schemas[layer] ?? '';
    const sql = { name: 'definition', value: `select * from ${nameOf(table)}_source -- ${'.'.repeat(400)}` };
    nodes.push({
      externalId: `t${table}`,
      nodeName: nameOf(table),
      containerExternalId: schema,
      ...(layer === 0 ? { nodeType: 'TABLE' } : { nodeType: 'VIEW', attributes: [sql] }),
    });
    for (let column = 0; column < columns; column++)
      nodes.push({
        externalId: `t${table}#${column}`,
        nodeName: `column_${column}`,
        nodeType: 'COLUMN',
        containerExternalId: `t${table}`,
        attributes: [
          { name: 'dataType', value: column === 0 ? 'bigint' : 'character varying(40)' },
          { name: 'ordinal', value: String(column + 1) },
        ],
      });
  }

  const edges = new Map<string, Graph['edges'][number]>();
  const add = (from: string, to: string, transformations: Graph['edges'][number]['transformations'] = []) => {
    if (edges.size < wantedEdges)
      edges.set(`${from} ${to}`, { upstreamExternalId: from, downstreamExternalId: to, transformations });
  };
  const sources = new Map<number, number[]>();
  for (let table = perLayer; table < tables; table++) {
    const below = layerOf(table) * perLayer;
    const of = new Set<number>();
    if (isHub(table)) for (let n = 0; n < 120; n++) of.add(pick(below));
    else {
      for (let n = 0; n < 2 + pick(5); n++) of.add(pick(below));
      // Half of what comes after the hubs reads one of them, mostly the first.
      if (table >= firstHub + hubs && random() < 0.55) of.add(firstHub + Math.floor(random() ** 2 * hubs));
    }
    sources.set(table, [...of]);
    for (const source of of) add(`t${source}`, `t${table}`);
  }
  for (const [table, of] of sources) {
    const decisive = of[pick(of.length)];
    add(`t${decisive}#${pick(columns)}`, `t${table}`, [{ type: 'INDIRECT', subtype: 'FILTER' }]);
  }
  for (let column = 0; column < columns; column++)
    for (const [table, of] of sources)
      add(`t${of[pick(of.length)]}#${pick(columns)}`, `t${table}#${column}`, [kinds[pick(kinds.length)] ?? kinds[0]]);
  // What is still missing: a second source here and there.
  for (const all = [...sources]; edges.size < wantedEdges; ) {
    const [table, of] = all[pick(all.length)] ?? [0, [0]];
    add(`t${of[pick(of.length)]}#${pick(columns)}`, `t${table}#${pick(columns)}`, [kinds[1]]);
  }
  return { nodes, edges: [...edges.values()] };
}

/** mulberry32: small, quick, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
