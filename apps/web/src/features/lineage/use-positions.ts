import { useReactFlow } from '@xyflow/react';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type DrawnTable, layoutInputOf, rectOf } from './graph-shape.ts';
import type { Positions } from './layout.ts';
import type { LayoutEngine } from './layout-engine.ts';
import type { LineageModel } from './lineage-model.ts';
import { beginning, boundsOf, fitted, leastReadable, type Pane, panInto, resized, type Viewport } from './viewport.ts';

const moveMs = 250;
/** Of the line at the lower edge of the pane. */
const legendHeight = 32;

/** Tables, and where each of them stands: one moment of the graph, so that the two always match. */
export interface Arranged {
  model: LineageModel;
  tables: Map<number, DrawnTable>;
  positions: Positions;
}

interface Props {
  model: LineageModel;
  tables: Map<number, DrawnTable>;
  engine: LayoutEngine;
  /** The table that was last acted on. */
  anchor: { readonly current: number };
  pane: RefObject<HTMLElement | null>;
  /** After the view has moved. */
  onArranged: () => void;
}

/**
 * Lays the tables out whenever they change; until that is done, those before stay. The table at `anchor` stays where it is
 * on the screen; where tables that are new lie out of sight, the view moves to them.
 */
export function usePositions({ model, tables, engine, anchor, pane, onArranged }: Props) {
  const flow = useReactFlow();
  const [arranged, setArranged] = useState<Arranged>();
  const [error, setError] = useState<unknown>();
  const before = useRef<Arranged>(undefined);
  const input = useMemo(() => layoutInputOf(model, tables), [model, tables]);
  const move = useCallback(
    (viewport: Viewport) => {
      const duration = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : moveMs;
      requestAnimationFrame(() => void flow.setViewport(viewport, { duration }));
    },
    [flow],
  );

  useEffect(() => {
    let isCurrent = true;
    const arrange = (positions: Positions | undefined) => {
      if (!isCurrent || !positions || !pane.current) return;
      const known = before.current;
      const now = { model, tables, positions };
      before.current = now;
      setError(undefined);
      setArranged(now);
      const [still, moved] = viewsOf(known, now, anchor.current, flow.getViewport(), paneOf(pane.current));
      void flow.setViewport(still);
      if (moved) move(moved);
      requestAnimationFrame(onArranged);
    };
    engine.layOut(input).then(arrange, (reason: unknown) => isCurrent && setError(reason));
    return () => {
      isCurrent = false;
    };
  }, [input, model, tables, engine, anchor, pane, flow, move, onArranged]);

  useEffect(() => {
    const element = pane.current;
    if (!element) return;
    let size = paneOf(element);
    const observer = new ResizeObserver(() => {
      const now = paneOf(element);
      const drawn = before.current;
      if (drawn) void flow.setViewport(resized(flow.getViewport(), boundsOfAll(drawn), size, now));
      size = now;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [pane, flow]);

  /** Moves to a table, or to all of them. */
  const show = useCallback(
    (id?: number) => {
      const now = before.current;
      if (!now || !pane.current) return;
      const { width, height } = paneOf(pane.current);
      if (id === undefined) return move(fitted(boundsOfAll(now), { width, height }));
      const rect = rectOf(now.positions, now.tables, id);
      if (!rect) return;
      const viewport = flow.getViewport();
      const zoom = Math.max(viewport.zoom, 0.8);
      const centred = { x: width / 2 - (rect.x + rect.width / 2) * zoom, y: height / 2 - (rect.y + 22) * zoom, zoom };
      move(centred);
    },
    [flow, move, pane],
  );
  return { arranged, error, show };
}

const paneOf = (element: HTMLElement): Pane => ({
  width: element.clientWidth,
  height: element.clientHeight - legendHeight,
});

const boundsOfAll = ({ tables, positions }: Arranged) =>
  boundsOf([...tables.keys()].flatMap((id) => rectOf(positions, tables, id) ?? []));

/** The view in which what was acted on has not moved, and the one to go on to from there. */
function viewsOf(
  known: Arranged | undefined,
  now: Arranged,
  anchorId: number,
  viewport: Viewport,
  pane: Pane,
): [Viewport, Viewport | undefined] {
  const { rootId } = now.model;
  const rect = (id: number) => rectOf(now.positions, now.tables, id);
  const anchor = rect(anchorId) ?? rect(rootId) ?? boundsOfAll(now);
  const heldId = [anchorId, rootId, ...now.tables.keys()].find((id) => known?.positions.has(id) && rect(id));
  const held = known?.positions.get(heldId ?? 0);
  const there = now.positions.get(heldId ?? 0);
  if (!known || !held || !there || known.model.rootId !== rootId)
    return [beginning(boundsOfAll(now), rect(rootId) ?? anchor, pane), undefined];
  const { zoom } = viewport;
  const still = { x: viewport.x + (held.x - there.x) * zoom, y: viewport.y + (held.y - there.y) * zoom, zoom };
  const fresh = [...now.tables.keys()].filter((id) => !known.positions.has(id));
  if (fresh.length === 0) return [still, panInto(still, anchor, pane)];
  const bounds = boundsOf([anchor, ...fresh.flatMap((id) => rect(id) ?? [])]);
  const whole = fitted(bounds, pane);
  const moved = panInto(still, bounds, pane) ?? (whole.zoom >= leastReadable ? whole : panInto(still, anchor, pane));
  return [still, moved];
}
