import {
  AppError,
  type LineageNeighbour,
  type LineageNeighbourhood,
  type LineageNeighbourhoodQuery,
  type LineageNeighbours,
  type LineageNeighboursQuery,
  type LineageNodeDetails,
} from '@bigeye/contracts';
import { sql } from 'kysely';
import { containing } from '../db/containing.ts';
import type { Db } from '../db/tables.ts';
import { type ChosenColumn, chooseTables, idsOf } from './choose-tables.ts';
import { createLineageReads, edgesOf, pairsOf, tableTypes } from './lineage-reads-store.ts';
import { toNode } from './lineage-store.ts';

export type LineageNeighbourhoodStore = ReturnType<typeof createLineageNeighbourhoodStore>;

/** What lies around a node, in bounds. */
export function createLineageNeighbourhoodStore(db: Db) {
  const reads = createLineageReads(db);

  const findNode = (id: number) =>
    db
      .selectFrom('lineage_nodes')
      .innerJoin('lineage_repositories', 'lineage_repositories.id', 'lineage_nodes.repository_id')
      .selectAll('lineage_nodes')
      .select('lineage_repositories.name as repository')
      .where('lineage_nodes.id', '=', id)
      .executeTakeFirst();

  const getNode = async (nodeId: number): Promise<LineageNodeDetails> => {
    const node = await findNode(nodeId);
    if (!node) throw new AppError('LINEAGE_NODE_NOT_FOUND', { id: String(nodeId) });
    const isColumn = node.type === 'COLUMN' && node.container_id !== null;
    const table = isColumn ? await findNode(node.container_id ?? 0) : undefined;
    return { node: toNode(node), table: table ? toNode(table) : null };
  };

  /** The node where it is a table, or the table of a column. */
  const getTableId = async (nodeId: number): Promise<number> => {
    const { node, table } = await getNode(nodeId);
    const found = node.type === 'COLUMN' ? table : node;
    if (!found || !tableTypes.has(found.type)) throw new AppError('LINEAGE_NODE_WITHOUT_TABLE', { id: String(nodeId) });
    return found.id;
  };

  const findColumn = async (id: number): Promise<ChosenColumn | undefined> =>
    await db
      .selectFrom('lineage_nodes as n')
      .innerJoin('lineage_nodes as t', 't.id', 'n.container_id')
      .select(['n.id', 't.id as tableId'])
      .where('n.id', '=', id)
      .where('n.type', '=', 'COLUMN')
      .where('t.type', 'in', [...tableTypes])
      .executeTakeFirst();

  return {
    /** Throws LINEAGE_NODE_NOT_FOUND. */
    getNode,

    /** See LineageNeighbourhood. Throws LINEAGE_NODE_NOT_FOUND, LINEAGE_NODE_WITHOUT_TABLE. */
    async getNeighbourhood(nodeId: number, query: LineageNeighbourhoodQuery): Promise<LineageNeighbourhood> {
      const rootId = await getTableId(nodeId);
      const column = await findColumn(query.column ?? nodeId);
      const choice = await chooseTables(reads, rootId, column, query);
      const ids = [...choice.tables];
      const opened = idsOf(query.opened).filter((id) => choice.tables.has(id));
      const tables = await reads.tables(ids);
      const columns = await reads.columns(ids, opened, [...choice.pathColumns]);
      const { edges, leftOut } = await reads.edges(
        ids,
        columns.map(({ id }) => id),
      );
      const isOpened = new Set(opened);
      const ofOpened = tables.reduce((sum, table) => sum + (isOpened.has(table.id) ? table.columns : 0), 0);
      return {
        rootId,
        tables,
        columns,
        edges,
        leftOut: {
          columns: ofOpened - columns.filter(({ tableId }) => isOpened.has(tableId)).length,
          pathColumns:
            choice.pathLeftOut +
            choice.pathColumns.size -
            columns.filter(({ id }) => choice.pathColumns.has(id)).length,
          edges: leftOut,
        },
      };
    },

    /** See LineageNeighbours. Throws LINEAGE_NODE_NOT_FOUND, LINEAGE_NODE_WITHOUT_TABLE. */
    async listNeighbours(nodeId: number, query: LineageNeighboursQuery): Promise<LineageNeighbours> {
      const tableId = await getTableId(nodeId);
      const beside = query.of === 'NODE' ? edgesOf(query.way, nodeId) : pairsOf(query.way, [tableId]);
      const { rows } = await sql<LineageNeighbour & { total: number }>`
        select n.id, n.type, n.path, beside.edges as count, beside.transformations,
          (count(*) over ())::integer as total
        from (${beside}) as beside join lineage_nodes n on n.id = beside.other_id
        where lower(n.path) like ${containing(query.search)}
        order by n.type <> 'COLUMN', n.path, n.id limit ${query.limit} offset ${query.offset}`.execute(db);
      return { total: rows[0]?.total ?? 0, neighbours: rows.map(({ total: _, ...one }) => one) };
    },
  };
}
