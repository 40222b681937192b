import type { LineageNode } from '@bigeye/contracts';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { createContext, useContext } from 'react';
import styles from './lineage-graph.module.css';
import type { Path, Way } from './lineage-model.ts';
import { nodeTypeWords, parentPathOf } from './lineage-words.ts';
import { NodeIcon } from './node-icon.tsx';

/** What changes while the graph stands still, and what a node can ask for. */
export interface GraphActions {
  chosen: number | undefined;
  lit: Path | undefined;
  choose: (id: number) => void;
  hover: (id: number | undefined) => void;
  toggle: (tableId: number, way: Way) => void;
  showAllColumns: (tableId: number) => void;
}
export const GraphContext = createContext<GraphActions | undefined>(undefined);

export type TableNodeData = {
  table: LineageNode;
  columns: LineageNode[];
  hiddenColumns: number;
  isRoot: boolean;
  /** Neighbours that are not shown, and whether this side was opened. */
  sides: Record<Way, { hidden: number; isOpen: boolean }>;
};
export type TableFlowNode = Node<TableNodeData, 'table'>;

export function TableNode({ data: { table, columns, hiddenColumns, isRoot, sides } }: NodeProps<TableFlowNode>) {
  const graph = useContext(GraphContext);
  if (!graph) return null;
  const { lit } = graph;
  const isDim = lit !== undefined && !lit.nodes.has(table.id) && !columns.some(({ id }) => lit.nodes.has(id));
  return (
    <section
      className={`${styles.table} ${isDim ? styles.dim : ''} ${isRoot ? styles.root : ''}`}
      aria-label={table.path}
    >
      <button
        type="button"
        className={`${styles.head} ${graph.chosen === table.id ? styles.chosen : ''}`}
        onClick={() => graph.choose(table.id)}
        onMouseEnter={() => graph.hover(table.id)}
        onMouseLeave={() => graph.hover(undefined)}
        title={`${nodeTypeWords[table.type]} ${table.path}`}
      >
        <Ends id={table.id} />
        <NodeIcon type={table.type} />
        <span>
          <b>{table.name}</b>
          <small>{parentPathOf(table)}</small>
        </span>
      </button>
      {columns.map((column) => (
        <ColumnRow key={column.id} column={column} graph={graph} />
      ))}
      {hiddenColumns > 0 && (
        <button type="button" className={styles.more} onClick={() => graph.showAllColumns(table.id)}>
          {hiddenColumns === 1 ? '1 more column' : `${hiddenColumns} more columns`}
        </button>
      )}
      <OpenButton table={table} way="upstream" side={sides.upstream} toggle={graph.toggle} />
      <OpenButton table={table} way="downstream" side={sides.downstream} toggle={graph.toggle} />
    </section>
  );
}

function ColumnRow({ column, graph: { lit, chosen, choose, hover } }: { column: LineageNode; graph: GraphActions }) {
  const state = lit && (lit.nodes.has(column.id) ? styles.lit : styles.dim);
  return (
    <button
      type="button"
      className={`${styles.column} ${state ?? ''} ${chosen === column.id ? styles.chosen : ''}`}
      aria-pressed={chosen === column.id}
      onClick={() => choose(column.id)}
      onMouseEnter={() => hover(column.id)}
      onMouseLeave={() => hover(undefined)}
      onFocus={() => hover(column.id)}
      onBlur={() => hover(undefined)}
      title={column.path}
    >
      <Ends id={column.id} />
      <span>{column.name}</span>
      <small>{column.attributes.dataType}</small>
    </button>
  );
}

/** Where edges end (left) and begin (right). */
function Ends({ id }: { id: number }) {
  return (
    <>
      <Handle type="target" id={String(id)} position={Position.Left} isConnectable={false} />
      <Handle type="source" id={String(id)} position={Position.Right} isConnectable={false} />
    </>
  );
}

interface OpenButtonProps {
  table: LineageNode;
  way: Way;
  side: { hidden: number; isOpen: boolean };
  toggle: GraphActions['toggle'];
}

function OpenButton({ table, way, side: { hidden, isOpen }, toggle }: OpenButtonProps) {
  if (hidden === 0 && !isOpen) return null;
  const label = isOpen ? `Close ${way} of ${table.name}` : `Show ${hidden} more ${way} of ${table.name}`;
  return (
    <button
      type="button"
      className={`${styles.open} ${styles[way]}`}
      aria-label={label}
      aria-expanded={isOpen}
      title={label}
      onClick={() => toggle(table.id, way)}
    >
      {isOpen ? '−' : `+${hidden}`}
    </button>
  );
}
