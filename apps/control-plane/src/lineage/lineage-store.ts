import {
  AppError,
  type CustomRepository,
  type LineageEdge,
  type LineageGraph,
  type LineageNode,
  lineageLimits,
} from '@bigeye/contracts';
import { type Selectable, sql } from 'kysely';
import { containing } from '../db/containing.ts';
import type { Db, Tables } from '../db/tables.ts';
import { type PlannedNode, planLineageSync, type SyncInput } from './lineage-sync-plan.ts';

export type LineageStore = ReturnType<typeof createLineageStore>;

/** Rows per statement: this process answers nobody while it writes one, and reads its answer. */
const batchSize = 500;

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
      .where(inIds('upstream_id', ids))
      .where(inIds('downstream_id', ids));

  let syncing: Promise<unknown> = Promise.resolve();

  /** One after the other: two at once would take each other's nodes for stale. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = syncing.then(work);
    syncing = turn.catch(() => undefined);
    return turn;
  }

  async function write(input: SyncInput, levels: PlannedNode[][], manifest: string | null): Promise<void> {
    const repositoryId = input.customRepositoryId;
    await db.transaction().execute(async (tx) => {
      const repository = await tx
        .updateTable('lineage_repositories')
        .set({ synced_at: new Date(), manifest })
        .where('id', '=', repositoryId)
        .returning('id')
        .executeTakeFirst();
      if (!repository) throw new AppError('REPOSITORY_NOT_FOUND', { id: repositoryId });
      const ids = await upsertNodes(tx, repositoryId, levels);
      await upsertEdges(tx, input, ids);
      if (input.cleanupStale) await removeStale(tx, input, ids);
    });
  }

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
     * Makes the repository hold exactly these nodes and edges (or, without `cleanupStale`, also what it had). Ids of nodes
     * that stay are kept, so links to them hold. In one transaction: readers see the old truth or the new one. Throws
     * REPOSITORY_NOT_FOUND, LINEAGE_REFERENCE_UNKNOWN, LINEAGE_LIMIT_REACHED.
     */
    async replaceRepository(input: SyncInput): Promise<void> {
      const plan = planLineageSync(input);
      await inTurn(() => write(input, plan, null));
    },

    /**
     * The same with what `load` brings when its turn has come, so that only one graph is in memory. The repository then bears
     * `manifest` as the name of what it holds. Nothing happens where `load` brings nothing. Returns what was written.
     */
    replaceRepositoryBy(manifest: string, load: () => Promise<SyncInput | undefined>): Promise<SyncInput | undefined> {
      return inTurn(async () => {
        const input = await load();
        if (input !== undefined) await write(input, planLineageSync(input), manifest);
        return input;
      });
    },

    /** Tables, views and columns whose path holds `search`, in any case; tables first, then what is shortest. Without long attributes. */
    async searchNodes(search: string, limit: number): Promise<LineageNode[]> {
      const rows = await selectNodes()
        .where('type', 'in', ['TABLE', 'VIEW', 'MATERIALIZED_VIEW', 'COLUMN'])
        .where('searched', 'like', containing(search))
        .orderBy('search_rank')
        .orderBy('searched')
        .orderBy('lineage_nodes.id')
        .limit(limit)
        .execute();
      return rows.map((row) => withoutLongTexts(toNode(row)));
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
      requireReadable(ids.length);
      const nodes = await selectNodes().where(inIds('lineage_nodes.id', ids)).orderBy('lineage_nodes.id').execute();
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
      const rows = await db.selectFrom('lineage_edges').select(to).distinct().where(inIds(from, front)).execute();
      front = rows.map((row) => row[to as keyof typeof row]).filter((id) => !reached.has(id));
      for (const id of front) reached.add(id);
      requireReadable(reached.size);
    }
  }

  async function withColumns(tables: Set<number>): Promise<number[]> {
    const columns = await db
      .selectFrom('lineage_nodes')
      .select('id')
      .where(inIds('container_id', tables))
      .where('type', '=', 'COLUMN')
      .execute();
    return [...tables, ...columns.map((column) => column.id)];
  }

  async function withContainers(columns: Set<number>): Promise<number[]> {
    const rows = await db
      .selectFrom('lineage_nodes')
      .select('container_id')
      .distinct()
      .where(inIds('id', columns))
      .where('type', '=', 'COLUMN')
      .execute();
    return [...new Set([...columns, ...rows.flatMap((row) => row.container_id ?? [])])];
  }

  return store;
}

/** Level by level, so that each node finds its container. Returns the id of each external id. */
async function upsertNodes(tx: Db, repositoryId: number, levels: PlannedNode[][]): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const batch of levels.flatMap((level) => [...inBatches(level)])) {
    const rows = batch.map((node) => ({
      external_id: node.externalId,
      name: node.nodeName,
      type: node.nodeType,
      container_id: node.containerExternalId === undefined ? null : ids.get(node.containerExternalId),
      path: node.path,
      attributes: Object.fromEntries((node.attributes ?? []).map((a) => [a.name, a.value])),
    }));
    const { rows: stored } = await sql<{ id: number; external_id: string }>`
      insert into lineage_nodes (repository_id, external_id, name, type, container_id, path, attributes)
      select ${repositoryId}::integer, external_id, name, type, container_id, path, attributes
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        as row (external_id text, name text, type text, container_id integer, path text, attributes jsonb)
      on conflict (repository_id, external_id) do update set name = excluded.name, type = excluded.type,
        container_id = excluded.container_id, path = excluded.path, attributes = excluded.attributes
      returning id, external_id`.execute(tx);
    for (const row of stored) ids.set(row.external_id, row.id);
    await othersFirst();
  }
  return ids;
}

async function upsertEdges(tx: Db, { customRepositoryId, edges }: SyncInput, ids: Map<string, number>): Promise<void> {
  const rows = new Map<string, { upstream_id: number; downstream_id: number; transformations: unknown }>();
  for (const { upstreamExternalId, downstreamExternalId, transformations } of edges) {
    const upstream_id = ids.get(upstreamExternalId);
    const downstream_id = ids.get(downstreamExternalId);
    if (upstream_id === undefined || downstream_id === undefined) continue;
    rows.set(`${upstream_id} ${downstream_id}`, { upstream_id, downstream_id, transformations });
  }
  for (const batch of inBatches([...rows.values()])) {
    await sql`
      insert into lineage_edges (repository_id, upstream_id, downstream_id, transformations)
      select ${customRepositoryId}::integer, upstream_id, downstream_id, transformations
      from jsonb_to_recordset(${JSON.stringify(batch)}::text::jsonb)
        as row (upstream_id integer, downstream_id integer, transformations jsonb)
      on conflict (upstream_id, downstream_id, repository_id) do update set transformations = excluded.transformations
    `.execute(tx);
    await othersFirst();
  }
}

/** What this sync did not name any more, in pieces like all else. Edges of a removed node go with it. */
async function removeStale(tx: Db, { customRepositoryId, edges }: SyncInput, ids: Map<string, number>): Promise<void> {
  const pairOf = (upstream: number | undefined, downstream: number | undefined) => `${upstream} ${downstream}`;
  const named = new Set(edges.map((e) => pairOf(ids.get(e.upstreamExternalId), ids.get(e.downstreamExternalId))));
  const kept = new Set(ids.values());
  const storedEdges = await tx
    .selectFrom('lineage_edges')
    .select(['upstream_id', 'downstream_id'])
    .where('repository_id', '=', customRepositoryId)
    .execute();
  const stale = storedEdges.filter((edge) => !named.has(pairOf(edge.upstream_id, edge.downstream_id)));
  for (const batch of inBatches(stale)) {
    await sql`
      delete from lineage_edges using jsonb_to_recordset(${JSON.stringify(batch)}::text::jsonb)
        as stale (upstream_id integer, downstream_id integer)
      where lineage_edges.repository_id = ${customRepositoryId} and lineage_edges.upstream_id = stale.upstream_id
        and lineage_edges.downstream_id = stale.downstream_id`.execute(tx);
    await othersFirst();
  }
  const storedNodes = await tx
    .selectFrom('lineage_nodes')
    .select('id')
    .where('repository_id', '=', customRepositoryId)
    .orderBy('id', 'desc')
    .execute();
  for (const batch of inBatches(storedNodes.map(({ id }) => id).filter((id) => !kept.has(id)))) {
    await tx.deleteFrom('lineage_nodes').where(inIds('id', batch)).execute();
    await othersFirst();
  }
}

function requireReadable(nodes: number): void {
  const limit = lineageLimits.graphNodes;
  if (nodes > limit) throw new AppError('LINEAGE_GRAPH_TOO_LARGE', { limit });
}

/** One array is one parameter, however many ids there are. */
const inIds = (column: string, ids: Iterable<number>) => sql<boolean>`${sql.ref(column)} = any(${[...ids]}::integer[])`;

/** Whoever waits for this process comes first: a large sync is nobody's hurry. */
const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function* inBatches<T>(items: T[]): Generator<T[]> {
  for (let at = 0; at < items.length; at += batchSize) yield items.slice(at, at + batchSize);
}

const toRepository = (row: Selectable<Tables['lineage_repositories']>): CustomRepository => ({
  id: row.id,
  name: row.name,
  workspaceId: row.workspace_id,
  syncedAt: row.synced_at?.toISOString() ?? null,
});

/** The SQL of fifty views is more than whoever looks for a name waits for; the node itself has it. */
const withoutLongTexts = (node: LineageNode): LineageNode => ({
  ...node,
  attributes: Object.fromEntries(Object.entries(node.attributes).filter(([, value]) => value.length <= longestFound)),
});
const longestFound = 1000;

export const toNode = (row: Selectable<Tables['lineage_nodes']> & { repository: string }): LineageNode => ({
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
