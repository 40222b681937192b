import { type LineageColumn, plural } from '@bigeye/contracts';
import type { Node, NodeProps } from '@xyflow/react';
import { memo, useContext } from 'react';
import { Icon } from '../../components/icon.tsx';
import { ActionsContext, type GraphActions, LightContext } from './graph-context.ts';
import type { DrawnTable } from './graph-shape.ts';
import type { Way } from './lineage-model.ts';
import { nodeTypeWords, parentPathOf } from './lineage-words.ts';
import { MoreButton } from './more-button.tsx';
import { NodeIcon } from './node-icon.tsx';
import styles from './table-node.module.css';

export type TableNodeData = {
  drawn: DrawnTable;
  isRoot: boolean;
  /** Neighbours that were asked for beyond the usual. */
  more: Record<Way, number>;
  /** Those that are drawn. */
  shown: Record<Way, ReadonlySet<number>>;
};
export type TableFlowNode = Node<TableNodeData, 'table'>;

export function TableNode({ data }: NodeProps<TableFlowNode>) {
  const actions = useContext(ActionsContext);
  const { lit, chosen } = useContext(LightContext);
  const { table, columns } = data.drawn;
  if (!actions) return null;
  const litColumns = lit && columns.filter(({ id }) => lit.nodes.has(id)).map(({ id }) => id);
  const isDim = lit !== undefined && !lit.nodes.has(table.id) && litColumns?.length === 0;
  return (
    <Table
      {...data}
      actions={actions}
      isDim={isDim}
      isLit={lit !== undefined}
      litColumns={litColumns?.join() ?? ''}
      chosen={chosen !== undefined && (chosen === table.id || columns.some(({ id }) => id === chosen)) ? chosen : 0}
    />
  );
}

interface TableProps extends TableNodeData {
  actions: GraphActions;
  isDim: boolean;
  isLit: boolean;
  /** As text, so that what did not change is not drawn again. */
  litColumns: string;
  chosen: number;
}

const Table = memo(function Table({
  drawn,
  isRoot,
  more,
  shown,
  actions,
  isDim,
  isLit,
  litColumns,
  chosen,
}: TableProps) {
  const { table, columns, hiddenColumns, unreadColumns, isOpened } = drawn;
  const lit = new Set(litColumns.split(',').map(Number));
  return (
    <section
      className={`${styles.table} ${isDim ? styles.dim : ''} ${isRoot ? styles.root : ''}`}
      aria-label={table.path}
    >
      <div className={`${styles.head} ${chosen === table.id ? styles.chosen : ''}`}>
        <button
          type="button"
          className={styles.name}
          data-table={table.id}
          aria-pressed={chosen === table.id}
          onClick={() => actions.choose(table.id)}
          onMouseEnter={() => actions.hover(table.id)}
          onMouseLeave={() => actions.hover(undefined)}
          title={`${nodeTypeWords[table.type]} ${table.path}`}
        >
          <NodeIcon type={table.type} />
          <span>
            <b>{table.name}</b>
            <small>{parentPathOf(table)}</small>
          </span>
        </button>
        {table.columns > 0 && (
          <button
            type="button"
            className={styles.columns}
            aria-expanded={isOpened}
            aria-label={`Columns of ${table.name}: ${table.columns}`}
            title={isOpened ? 'Hide the columns' : `Show ${plural(table.columns, 'column')}`}
            onClick={() => actions.toggleColumns(table.id)}
          >
            {table.columns}
            <Icon name={isOpened ? 'up' : 'down'} size={12} />
          </button>
        )}
      </div>
      {columns.map((column) => (
        <ColumnRow
          key={column.id}
          column={column}
          table={table.path}
          state={isLit ? (lit.has(column.id) ? styles.lit : styles.dim) : undefined}
          isChosen={chosen === column.id}
          actions={actions}
        />
      ))}
      {hiddenColumns > 0 && (
        <button type="button" className={styles.more} onClick={() => actions.showAllColumns(table.id)}>
          {plural(hiddenColumns, 'more column')}
        </button>
      )}
      {unreadColumns > 0 && (
        <div className={styles.more} title="Find them by the search">
          {plural(unreadColumns, 'more column')}: search for them
        </div>
      )}
      <MoreButton table={table} way="upstream" asked={more.upstream} shown={shown.upstream} actions={actions} />
      <MoreButton table={table} way="downstream" asked={more.downstream} shown={shown.downstream} actions={actions} />
    </section>
  );
});

interface ColumnRowProps {
  column: LineageColumn;
  table: string;
  state: string | undefined;
  isChosen: boolean;
  actions: GraphActions;
}

function ColumnRow({ column, table, state, isChosen, actions: { choose, hover } }: ColumnRowProps) {
  return (
    <button
      type="button"
      className={`${styles.column} ${state ?? ''} ${isChosen ? styles.chosen : ''}`}
      data-column={column.id}
      aria-pressed={isChosen}
      onClick={() => choose(column.id)}
      onMouseEnter={() => hover(column.id)}
      onMouseLeave={() => hover(undefined)}
      onFocus={() => hover(column.id)}
      onBlur={() => hover(undefined)}
      title={`${table}.${column.name}`}
    >
      <span>{column.name}</span>
      <small>{column.dataType}</small>
    </button>
  );
}
