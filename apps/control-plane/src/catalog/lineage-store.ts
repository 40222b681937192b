import {
  AppError,
  type CustomRepository,
  type LineageEdge,
  type LineageGraph,
  type LineageNode,
  type LineageSyncRequest,
} from '@bigeye/contracts';
import { type Selectable, sql } from 'kysely';
import type { z } from 'zod';
import type { Db, Tables } from '../db/tables.ts';

type SyncInput = z.output<typeof LineageSyncRequest>;
export type LineageStore = ReturnType<typeof createLineageStore>;

/** Rows per statement: PostgreSQL takes 65,535 parameters. */
const batchSize = 4000;

/** The only SQL about lineage. */
export function createLineageStore(db: Db) {
  const selectNodes = () =>
    db
      .selectFrom('lineage_nodes')
      .innerJoin('lineage_repositories', 'lineage_repositories.id', 'lineage_nodes.repository_id')
      .selectAll('lineage_nodes')
      .select('lineage_repositories.name as repository');

  const selectEdgesAmong = (ids: number[]) =>
    db
      .selectFrom('lineage_edges')
      .select(['upstream_id', 'downstream_id', 'transformations'])
      .where('upstream_id', 'in', ids)
      .where('downstream_id', 'in', ids);

  const store = {
    async listRepositories(): Promise<CustomRepository[]> {
      return (await db.selectFrom('lineage_repositories').selectAll().orderBy('name').execute()).map(toRepository);
    },

    /** The repository of that name, made when there is none. */
    async upsertRepository(name: string, workspaceId: number): Promise<CustomRepository> {
      const row = await db
        .insertInto('lineage_repositories')
        .values({ name, workspace_id: workspaceId })
        .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doUpdateSet({ name }))
        .returningAll()
        .executeTakeFirstOrThrow();
      return toRepository(row);
    },

    /**
     * Makes the repository hold exactly these nodes and edges (or, without `cleanupStale`, also what it had), in one
     * transaction: readers see the old truth or the new one. Ids of nodes that stay are kept, so links to them hold.
     * Throws REPOSITORY_NOT_FOUND, LINEAGE_REFERENCE_UNKNOWN.
     */
    async replaceRepository(input: SyncInput): Promise<void> {
      requireKnownReferences(input);
      const repositoryId = input.customRepositoryId;
      await db.transaction().execute(async (tx) => {
        const repository = await tx
          .updateTable('lineage_repositories')
          .set({ synced_at: new Date() })
          .where('id', '=', repositoryId)
          .returning('id')
          .executeTakeFirst();
        if (!repository) throw new AppError('REPOSITORY_NOT_FOUND', { id: repositoryId });
        const ids = await upsertNodes(tx, input);
        if (input.cleanupStale) {
          await tx
            .deleteFrom('lineage_nodes')
            .where('repository_id', '=', repositoryId)
            .where(sql<boolean>`not (id = any(${[...ids.values()]}))`)
            .execute();
          await tx.deleteFrom('lineage_edges').where('repository_id', '=', repositoryId).execute();
        }
        await upsertEdges(tx, input, ids);
      });
    },

    /** Tables, views and columns whose path holds `search`, in any case; what ends with it first. */
    async searchNodes(search: string, limit: number): Promise<LineageNode[]> {
      const pattern = `%${search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
      const rows = await selectNodes()
        .where('type', 'in', ['TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'COLUMN'])
        .where(sql<boolean>`lower(path) like ${pattern}`)
        .orderBy(sql`type = 'COLUMN'`)
        .orderBy(sql`length(path)`)
        .orderBy('path')
        .limit(limit)
        .execute();
      return rows.map(toNode);
    },

    /** See LineageGraph. Throws LINEAGE_NODE_NOT_FOUND. */
    async getGraph(
      nodeId: number,
      { direction, depth }: { direction: 'ALL' | 'UPSTREAM' | 'DOWNSTREAM'; depth: number },
    ): Promise<LineageGraph> {
      const root = await selectNodes().where('lineage_nodes.id', '=', nodeId).executeTakeFirst();
      if (!root) throw new AppError('LINEAGE_NODE_NOT_FOUND', { id: String(nodeId) });
      const reached = new Set([nodeId]);
      if (direction !== 'DOWNSTREAM') await walk(nodeId, depth, 'upstream', reached);
      if (direction !== 'UPSTREAM') await walk(nodeId, depth, 'downstream', reached);
      const ids = root.type === 'COLUMN' ? await withContainers(reached) : await withColumns(reached);
      const nodes = await selectNodes().where('lineage_nodes.id', 'in', ids).orderBy('lineage_nodes.id').execute();
      const edges = await selectEdgesAmong(ids).orderBy('upstream_id').orderBy('downstream_id').execute();
      return { rootId: nodeId, nodes: nodes.map(toNode), edges: edges.map(toEdge) };
    },
  };

  /** Adds what is within `depth` edges of the start, one way. */
  async function walk(
    start: number,
    depth: number,
    way: 'upstream' | 'downstream',
    reached: Set<number>,
  ): Promise<void> {
    const [from, to] =
      way === 'upstream' ? (['downstream_id', 'upstream_id'] as const) : (['upstream_id', 'downstream_id'] as const);
    let front = [start];
    for (let step = 0; step < depth && front.length > 0; step++) {
      const rows = await db.selectFrom('lineage_edges').select(to).distinct().where(from, 'in', front).execute();
      front = rows.map((row) => row[to as keyof typeof row]).filter((id) => !reached.has(id));
      for (const id of front) reached.add(id);
    }
  }

  async function withColumns(tables: Set<number>): Promise<number[]> {
    const columns = await db
      .selectFrom('lineage_nodes')
      .select('id')
      .where('container_id', 'in', [...tables])
      .where('type', '=', 'COLUMN')
      .execute();
    return [...tables, ...columns.map((column) => column.id)];
  }

  async function withContainers(columns: Set<number>): Promise<number[]> {
    const rows = await db
      .selectFrom('lineage_nodes')
      .select('container_id')
      .distinct()
      .where('id', 'in', [...columns])
      .where('type', '=', 'COLUMN')
      .execute();
    return [...new Set([...columns, ...rows.flatMap((row) => row.container_id ?? [])])];
  }

  return store;
}

function requireKnownReferences({ nodes, edges }: SyncInput): void {
  const known = new Set(nodes.map((node) => node.externalId));
  const referred = [
    ...nodes.flatMap((node) => node.containerExternalId ?? []),
    ...edges.flatMap((edge) => [edge.upstreamExternalId, edge.downstreamExternalId]),
  ];
  const unknown = [...new Set(referred.filter((id) => !known.has(id)))];
  if (unknown.length > 0) throw new AppError('LINEAGE_REFERENCE_UNKNOWN', { externalIds: unknown.slice(0, 10) });
}

/** Containers first, so that each node finds its own. Returns the id of each external id. */
async function upsertNodes(tx: Db, { customRepositoryId, nodes }: SyncInput): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  const paths = new Map<string, string>();
  let waiting = [...new Map(nodes.map((node) => [node.externalId, node])).values()];
  while (waiting.length > 0) {
    const ready = waiting.filter((node) => !node.containerExternalId || ids.has(node.containerExternalId));
    // What is left contains itself, by whatever way.
    if (ready.length === 0)
      throw new AppError('LINEAGE_REFERENCE_UNKNOWN', { externalIds: waiting.slice(0, 10).map((n) => n.externalId) });
    for (const batch of inBatches(ready)) {
      const rows = await tx
        .insertInto('lineage_nodes')
        .values(
          batch.map((node) => {
            const container = node.containerExternalId;
            const path = container ? `${paths.get(container)}.${node.nodeName}` : node.nodeName;
            paths.set(node.externalId, path);
            return {
              repository_id: customRepositoryId,
              external_id: node.externalId,
              name: node.nodeName,
              type: node.nodeType,
              container_id: container ? (ids.get(container) ?? null) : null,
              path,
              attributes: JSON.stringify(Object.fromEntries((node.attributes ?? []).map((a) => [a.name, a.value]))),
            };
          }),
        )
        .onConflict((conflict) =>
          conflict.columns(['repository_id', 'external_id']).doUpdateSet((eb) => ({
            name: eb.ref('excluded.name'),
            type: eb.ref('excluded.type'),
            container_id: eb.ref('excluded.container_id'),
            path: eb.ref('excluded.path'),
            attributes: eb.ref('excluded.attributes'),
          })),
        )
        .returning(['id', 'external_id'])
        .execute();
      for (const row of rows) ids.set(row.external_id, row.id);
    }
    const done = new Set(ready);
    waiting = waiting.filter((node) => !done.has(node));
  }
  return ids;
}

async function upsertEdges(tx: Db, { customRepositoryId, edges }: SyncInput, ids: Map<string, number>): Promise<void> {
  const rows = new Map<string, { upstream_id: number; downstream_id: number; transformations: string }>();
  for (const edge of edges) {
    const upstream_id = ids.get(edge.upstreamExternalId);
    const downstream_id = ids.get(edge.downstreamExternalId);
    if (upstream_id === undefined || downstream_id === undefined) continue;
    const transformations = JSON.stringify(edge.transformations);
    rows.set(`${upstream_id} ${downstream_id}`, { upstream_id, downstream_id, transformations });
  }
  for (const batch of inBatches([...rows.values()]))
    await tx
      .insertInto('lineage_edges')
      .values(batch.map((row) => ({ repository_id: customRepositoryId, ...row })))
      .onConflict((conflict) =>
        conflict
          .columns(['upstream_id', 'downstream_id', 'repository_id'])
          .doUpdateSet((eb) => ({ transformations: eb.ref('excluded.transformations') })),
      )
      .execute();
}

function* inBatches<T>(items: T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += batchSize) yield items.slice(at, at + batchSize);
}

const toRepository = (row: Selectable<Tables['lineage_repositories']>): CustomRepository => ({
  id: row.id,
  name: row.name,
  workspaceId: row.workspace_id,
  syncedAt: row.synced_at?.toISOString() ?? null,
});

const toNode = (row: Selectable<Tables['lineage_nodes']> & { repository: string }): LineageNode => ({
  id: row.id,
  externalId: row.external_id,
  name: row.name,
  type: row.type,
  path: row.path,
  repository: row.repository,
  containerId: row.container_id,
  attributes: row.attributes,
});

const toEdge = (
  row: Pick<Selectable<Tables['lineage_edges']>, 'upstream_id' | 'downstream_id' | 'transformations'>,
): LineageEdge => ({
  upstreamId: row.upstream_id,
  downstreamId: row.downstream_id,
  transformations: row.transformations,
});
