import '@xyflow/react/dist/base.css';
import { ActionIcon, Tooltip } from '@mantine/core';
import { type Edge, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { useMemo, useRef, useState } from 'react';
import { Icon, type IconName } from '../../components/icon.tsx';
import styles from './lineage-graph.module.css';
import {
  edgeKey,
  type LineageModel,
  neighboursOf,
  pathOf,
  shownColumns,
  shownEdges,
  tableIdOf,
  type Way,
} from './lineage-model.ts';
import { isIndirect } from './lineage-words.ts';
import { type GraphActions, GraphContext, type TableFlowNode, TableNode, type TableNodeData } from './table-node.tsx';
import { fitting, usePositions } from './use-positions.ts';

interface Props {
  model: LineageModel;
  rootId: number;
  shown: ReadonlySet<number>;
  open: string[];
  chosen: number | undefined;
  choose: (id: number) => void;
  toggle: (tableId: number, way: Way) => void;
}

const nodeTypes = { table: TableNode };

/** Tables with their columns, upstream left, downstream right; the path of the column under the pointer is lit. */
export function LineageGraphView(props: Props) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ model, rootId, shown, open, chosen, choose, toggle }: Props) {
  const [hovered, setHovered] = useState<number>();
  const [whole, setWhole] = useState<ReadonlySet<number>>(new Set());
  const anchor = useRef(rootId);
  const edges = useMemo(() => shownEdges(model, shown), [model, shown]);
  const tables = useMemo(
    () => dataOfTables({ model, shown, rootId, open, edges, whole }),
    [model, shown, rootId, open, edges, whole],
  );
  const pane = useRef<HTMLDivElement>(null);
  const positions = usePositions({ model, tables, edges, anchor, pane });
  const at = hovered ?? chosen;
  const lit = useMemo(() => (at === undefined || !model.nodes.has(at) ? undefined : pathOf(model, at)), [model, at]);

  const nodes = useMemo(
    () =>
      [...tables].flatMap(([id, data]): TableFlowNode[] => {
        const position = positions?.get(id);
        return position ? [{ id: String(id), type: 'table', position, data, draggable: false, selectable: false }] : [];
      }),
    [tables, positions],
  );
  const flowEdges = useMemo(
    () =>
      edges.map((edge): Edge => {
        const key = edgeKey(edge);
        const state = lit && (lit.edges.has(key) ? styles.litEdge : styles.dimEdge);
        return {
          id: key,
          source: String(tableIdOf(model, edge.upstreamId)),
          target: String(tableIdOf(model, edge.downstreamId)),
          sourceHandle: String(edge.upstreamId),
          targetHandle: String(edge.downstreamId),
          className: [styles.edge, isIndirect(edge) && styles.indirect, state].filter(Boolean).join(' '),
          zIndex: lit?.edges.has(key) ? 1 : 0,
          focusable: false,
          selectable: false,
        };
      }),
    [model, edges, lit],
  );
  const actions: GraphActions = {
    chosen,
    lit,
    choose,
    hover: setHovered,
    toggle: (tableId, way) => {
      anchor.current = tableId;
      toggle(tableId, way);
    },
    showAllColumns: (tableId) => {
      anchor.current = tableId;
      setWhole(new Set([...whole, tableId]));
    },
  };
  return (
    <GraphContext value={actions}>
      <ReactFlow
        ref={pane}
        className={styles.flow ?? ''}
        nodes={nodes}
        edges={flowEdges}
        nodeTypes={nodeTypes}
        nodesFocusable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        minZoom={0.15}
        maxZoom={1.6}
        panOnScroll
        zoomOnDoubleClick={false}
        onlyRenderVisibleElements
        attributionPosition="bottom-center"
        aria-label="Lineage graph"
      >
        <Tools />
        <div className={styles.key} aria-hidden="true">
          <span>
            <i /> value
          </span>
          <span>
            <i className={styles.dashed} /> decides rows
          </span>
        </div>
      </ReactFlow>
    </GraphContext>
  );
}

interface Drawn extends Pick<Props, 'model' | 'shown' | 'rootId' | 'open'> {
  edges: ReturnType<typeof shownEdges>;
  whole: ReadonlySet<number>;
}

function dataOfTables({ model, shown, rootId, open, edges, whole }: Drawn): Map<number, TableNodeData> {
  const touched = new Set(edges.flatMap(({ upstreamId, downstreamId }) => [upstreamId, downstreamId]));
  return new Map(
    [...shown].flatMap((id): [number, TableNodeData][] => {
      const table = model.tables.get(id);
      if (!table) return [];
      const columns = shownColumns(table, touched, whole.has(id));
      const side = (way: Way) => ({
        hidden: [...neighboursOf(model, id, way)].filter((other) => !shown.has(other)).length,
        isOpen: open.includes(`${id}${way === 'upstream' ? 'u' : 'd'}`),
      });
      const sides = { upstream: side('upstream'), downstream: side('downstream') };
      const hiddenColumns = table.columns.length - columns.length;
      return [[id, { table: table.node, columns, hiddenColumns, isRoot: id === rootId, sides }]];
    }),
  );
}

function Tools() {
  const flow = useReactFlow();
  const tools: [IconName, string, () => Promise<boolean>][] = [
    ['minus', 'Zoom out', () => flow.zoomOut()],
    ['plus', 'Zoom in', () => flow.zoomIn()],
    ['fit', 'Show all', () => flow.fitView(fitting)],
  ];
  return (
    <div className={styles.tools}>
      {tools.map(([icon, label, act]) => (
        <Tooltip key={label} label={label}>
          <ActionIcon color="gray" aria-label={label} onClick={() => void act()}>
            <Icon name={icon} />
          </ActionIcon>
        </Tooltip>
      ))}
    </div>
  );
}
