import dagre from '@dagrejs/dagre';

export interface LayoutInput {
  nodes: { id: number; width: number; height: number }[];
  edges: { from: number; to: number }[];
}
/** Upper left corners. */
export type Positions = Map<number, { x: number; y: number }>;

/** Upstream left, downstream right, in layers. */
export function layOut({ nodes, edges }: LayoutInput): Positions {
  const graph = new dagre.graphlib.Graph();
  // The other rankers of the library are nicer by a little and slower by far.
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 104, ranker: 'longest-path' });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) graph.setNode(String(id), { width, height });
  for (const { from, to } of edges) graph.setEdge(String(from), String(to));
  dagre.layout(graph);
  return new Map(
    nodes.map(({ id, width, height }) => {
      const { x, y } = graph.node(String(id));
      return [id, { x: Math.round(x - width / 2), y: Math.round(y - height / 2) }];
    }),
  );
}
