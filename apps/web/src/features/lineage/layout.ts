import ELK from 'elkjs/lib/elk.bundled.js';

/** Pixels. Rows of the table nodes have these heights in `lineage-graph.module.css` too. */
export const nodeWidth = 236;
export const headerHeight = 44;
export const rowHeight = 24;

export interface LayoutInput {
  nodes: { id: number; height: number }[];
  edges: { from: number; to: number }[];
}
export type Positions = Map<number, { x: number; y: number }>;

// On the page's own thread: the server's policy allows no worker from a blob.
const elk = new ELK();

/** Upstream left, downstream right, in layers. */
export async function layOut({ nodes, edges }: LayoutInput): Promise<Positions> {
  const laidOut = await elk.layout({
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.spacing.nodeNode': '28',
      'elk.layered.spacing.nodeNodeBetweenLayers': '96',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    },
    children: nodes.map(({ id, height }) => ({ id: String(id), width: nodeWidth, height })),
    edges: edges.map(({ from, to }) => ({ id: `${from}-${to}`, sources: [String(from)], targets: [String(to)] })),
  });
  return new Map((laidOut.children ?? []).map(({ id, x = 0, y = 0 }) => [Number(id), { x, y }]));
}
