import { useReactFlow } from '@xyflow/react';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { headerHeight, type LayoutInput, layOut, nodeWidth, type Positions, rowHeight } from './layout.ts';
import { type LineageModel, type shownEdges, tableIdOf } from './lineage-model.ts';
import type { TableNodeData } from './table-node.tsx';
import { boundsOf, panInto } from './viewport.ts';

export const fitting = { padding: 0.12, maxZoom: 1, minZoom: 0.35 };
const moveMs = 250;
/** Of the line at the lower edge of the pane. */
const legendHeight = 32;

interface Props {
  model: LineageModel;
  tables: Map<number, TableNodeData>;
  edges: ReturnType<typeof shownEdges>;
  /** The table that was last acted on. */
  anchor: { readonly current: number };
  pane: RefObject<HTMLElement | null>;
}

/**
 * Lays the tables out whenever they change. The table at `anchor` stays where it is on the screen; where tables that are
 * new lie out of sight, the view moves to them.
 */
export function usePositions({ model, tables, edges, anchor, pane }: Props): Positions | undefined {
  const flow = useReactFlow();
  const [positions, setPositions] = useState<Positions>();
  const before = useRef<Positions>(undefined);
  const input = useMemo(() => inputOf(model, tables, edges), [model, tables, edges]);

  const arrange = (next: Positions) => {
    const known = before.current;
    const held = known?.get(anchor.current);
    const now = next.get(anchor.current);
    before.current = next;
    setPositions(next);
    if (!known || !held || !now) {
      requestAnimationFrame(() => void flow.fitView(fitting));
      return;
    }
    const { x, y, zoom } = flow.getViewport();
    const still = { x: x + (held.x - now.x) * zoom, y: y + (held.y - now.y) * zoom, zoom };
    void flow.setViewport(still);
    const looked = input.nodes.filter(({ id }) => id === anchor.current || !known.has(id));
    if (looked.length < 2 || !pane.current) return;
    const bounds = boundsOf(looked.map(({ id, height }) => ({ ...(next.get(id) ?? now), width: nodeWidth, height })));
    const moved = panInto(still, bounds, {
      width: pane.current.clientWidth,
      height: pane.current.clientHeight - legendHeight,
    });
    const duration = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : moveMs;
    requestAnimationFrame(() => {
      if (moved) void flow.setViewport(moved, { duration });
      else void flow.fitBounds(bounds, { padding: fitting.padding, duration });
    });
  };

  // What was read around the graph changes the model, but seldom what is drawn.
  const inputKey = JSON.stringify(input);
  // biome-ignore lint/correctness/useExhaustiveDependencies: see inputKey.
  useEffect(() => {
    let isCurrent = true;
    void layOut(input).then((next) => isCurrent && arrange(next));
    return () => {
      isCurrent = false;
    };
  }, [inputKey]);
  return positions;
}

function inputOf(model: LineageModel, tables: Props['tables'], edges: Props['edges']): LayoutInput {
  const pairs = edges.map((edge) => ({
    from: tableIdOf(model, edge.upstreamId) ?? 0,
    to: tableIdOf(model, edge.downstreamId) ?? 0,
  }));
  const heightOf = ({ columns, hiddenColumns }: TableNodeData) =>
    headerHeight + (columns.length + (hiddenColumns > 0 ? 1 : 0)) * rowHeight;
  return {
    nodes: [...tables].map(([id, data]) => ({ id, height: heightOf(data) })),
    edges: [...new Map(pairs.map((pair) => [`${pair.from}-${pair.to}`, pair])).values()],
  };
}
