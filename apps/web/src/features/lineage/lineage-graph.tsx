import '@xyflow/react/dist/base.css';
import { ReactFlow, ReactFlowProvider } from '@xyflow/react';
import { type KeyboardEvent, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ErrorNotice } from '../../components/notice.tsx';
import { EdgeLayer } from './edge-layer.tsx';
import { ActionsContext, type GraphActions, LightContext } from './graph-context.ts';
import { curvesOf, drawnTables, nodeWidth, tableBeside } from './graph-shape.ts';
import { GraphTools } from './graph-tools.tsx';
import type { LayoutEngine } from './layout-engine.ts';
import styles from './lineage-graph.module.css';
import { type LineageModel, neighboursOf, pathOf, tableIdOf } from './lineage-model.ts';
import { type LineagePlace, moreOf, toggled, withMore, withoutMore } from './lineage-place.ts';
import { type TableFlowNode, TableNode } from './table-node.tsx';
import { useInView } from './use-in-view.ts';
import { type Arranged, usePositions } from './use-positions.ts';
import { leastZoom, mostZoom } from './viewport.ts';

interface Props {
  model: LineageModel;
  place: LineagePlace;
  /** The chosen column or table. */
  chosen: number | undefined;
  /** The table that was last acted on. */
  anchor: RefObject<number>;
  engine: LayoutEngine;
  go: (place: LineagePlace) => void;
  choose: (id: number) => void;
}

const nodeTypes = { table: TableNode };
const noEdges: never[] = [];

/** Tables, with their columns where they are opened, upstream left, downstream right; the path under the pointer is lit. */
export function LineageGraphView(props: Props) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ model, place, chosen, anchor, engine, go, choose }: Props) {
  const [hovered, setHovered] = useState<number>();
  const [whole, setWhole] = useState<ReadonlySet<number>>(new Set());
  const pane = useRef<HTMLDivElement>(null);
  const { opened, with: picked } = place;
  const tables = useMemo(
    () => drawnTables(model, { opened: new Set(opened), whole, chosen }),
    [model, opened, whole, chosen],
  );
  const focus = useFocus(pane, anchor);
  const { arranged, error, show } = usePositions({ model, tables, engine, anchor, pane, onArranged: focus.restore });

  const at = hovered ?? chosen;
  const drawn = arranged?.model ?? model;
  const lit = useMemo(
    () => (at === undefined || tableIdOf(drawn, at) === undefined ? undefined : pathOf(drawn, at)),
    [drawn, at],
  );
  const light = useMemo(() => ({ chosen, lit, picked: new Set(picked) }), [chosen, lit, picked]);
  const inView = useInView(arranged, pane);
  const all = useMemo(
    () => (arranged ? nodesOf(arranged, place) : new Map<number, TableFlowNode>()),
    [arranged, place],
  );
  const nodes = useMemo(() => [...inView.ids].flatMap((id) => all.get(id) ?? []), [all, inView.ids]);
  const curves = useMemo(
    () => (arranged ? curvesOf(arranged.model, arranged.tables, arranged.positions) : new Map()),
    [arranged],
  );

  // Always the same, so that what did not change is not drawn again; what they need is looked up when they are called.
  const now = useRef({ place, go, choose });
  useEffect(() => {
    now.current = { place, go, choose };
  });
  const actions = useMemo((): GraphActions => {
    const on = (tableId: number, change: (place: LineagePlace) => LineagePlace) => {
      anchor.current = tableId;
      now.current.go(change(now.current.place));
    };
    return {
      choose: (id) => now.current.choose(id),
      hover: setHovered,
      toggleColumns: (id) => on(id, (before) => ({ ...before, opened: toggled(before.opened, id) })),
      showAllColumns: (id) => {
        anchor.current = id;
        setWhole((before) => new Set([...before, id]));
      },
      showMore: (id, way, count) => on(id, (before) => withMore(before, id, way, count)),
      foldMore: (id, way) => on(id, (before) => withoutMore(before, id, way)),
      pick: (from, id) => on(from, (before) => ({ ...before, with: toggled(before.with, id) })),
    };
  }, [anchor]);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const tableId = Number((event.target as HTMLElement).closest<HTMLElement>('[data-table]')?.dataset.table);
    if (!arranged || !tableId || !event.key.startsWith('Arrow')) return;
    event.preventDefault();
    const next = tableBeside(arranged.model, arranged.positions, tableId, event.key);
    if (next === undefined) return;
    show(next);
    focus.to(next);
  };

  return (
    <ActionsContext value={actions}>
      <LightContext value={light}>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the tables in it */}
        <div
          className={styles.frame}
          onKeyDown={onKeyDown}
          onFocus={focus.note}
          aria-busy={arranged?.tables !== tables || !inView.isWhole}
        >
          {error !== undefined && (
            <div className={styles.fault}>
              <ErrorNotice error={error} />
            </div>
          )}
          <ReactFlow
            ref={pane}
            className={styles.flow ?? ''}
            nodes={nodes}
            edges={noEdges}
            nodeTypes={nodeTypes}
            nodesFocusable={false}
            nodesDraggable={false}
            nodesConnectable={false}
            elementsSelectable={false}
            disableKeyboardA11y
            minZoom={leastZoom}
            maxZoom={mostZoom}
            panOnScroll
            zoomOnDoubleClick={false}
            attributionPosition="bottom-center"
            aria-label="Lineage graph"
          >
            <EdgeLayer curves={curves} lit={lit} />
            <div className={styles.key} aria-hidden="true">
              <span>
                <i /> value
              </span>
              <span>
                <i className={styles.dashed} /> decides rows
              </span>
            </div>
          </ReactFlow>
          <GraphTools model={drawn} arranged={arranged} pane={pane} show={show} choose={choose} focus={focus.to} />
        </div>
      </LightContext>
    </ActionsContext>
  );
}

function nodesOf({ model, tables, positions }: Arranged, place: LineagePlace): Map<number, TableFlowNode> {
  const nodes = new Map<number, TableFlowNode>();
  for (const [id, drawn] of tables) {
    const position = positions.get(id);
    if (!position) continue;
    const data = {
      drawn,
      isRoot: id === model.rootId,
      more: { upstream: moreOf(place, id, 'upstream'), downstream: moreOf(place, id, 'downstream') },
      shown: { upstream: neighboursOf(model, id, 'upstream'), downstream: neighboursOf(model, id, 'downstream') },
    };
    // The size is given and the edges are drawn by us, so React Flow has nothing to measure.
    nodes.set(id, {
      id: String(id),
      type: 'table',
      position,
      data,
      width: nodeWidth,
      height: drawn.height,
      handles: [],
    });
  }
  return nodes;
}

/** Keeps the keyboard's place in the graph: what had the focus may be drawn anew, or leave the view and come back. */
function useFocus(pane: RefObject<HTMLElement | null>, anchor: RefObject<number>) {
  const isInside = useRef(false);
  const find = useCallback((id: number) => pane.current?.querySelector<HTMLElement>(`[data-table="${id}"]`), [pane]);
  const to = useCallback(
    (id: number, tries = 30) => {
      anchor.current = id;
      const element = find(id);
      if (element) element.focus({ preventScroll: true });
      else if (tries > 0) requestAnimationFrame(() => to(id, tries - 1));
    },
    [find, anchor],
  );
  const note = useCallback(() => {
    isInside.current = true;
  }, []);
  const restore = useCallback(() => {
    if (isInside.current && document.activeElement === document.body)
      find(anchor.current)?.focus({ preventScroll: true });
  }, [find, anchor]);
  return { to, note, restore };
}
