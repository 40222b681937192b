import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError, type LineageSyncState, lineageLimits } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';
import type { LineageStore } from './lineage-store.ts';
import type { SyncInput } from './lineage-sync-plan.ts';
import { checkLineagePart, readLineagePart } from './read-lineage-part.ts';

export type LineagePartStore = ReturnType<typeof createLineagePartStore>;

/** Below what proxies on the way usually wait for an answer. */
const answerWithinMs = 20_000;
const failureKeptMs = 60_000;

/** Syncs in parts: the parts of the last sync are kept, so that the next one sends only what is new. */
export function createLineagePartStore(
  db: Db,
  lineageStore: Pick<LineageStore, 'replaceRepositoryBy'>,
  { now = () => new Date(), withinMs = answerWithinMs }: { now?: () => Date; withinMs?: number } = {},
) {
  /** By repository and list: who asks again while it is written waits for the same. */
  const underWay = new Map<string, Promise<LineageSyncState>>();
  const expiry = () => new Date(now().getTime() + lineageLimits.partMs);

  const store = {
    /**
     * Keeps one part for a sync to come. Once more is once. Throws REPOSITORY_NOT_FOUND, LINEAGE_PART_INVALID, INVALID_INPUT,
     * LINEAGE_LIMIT_REACHED.
     */
    async putPart(repositoryId: number, digest: string, content: Uint8Array): Promise<void> {
      await requireRepository(repositoryId);
      const { bytes } = await checkLineagePart(digest, content);
      await dropExpired();
      const limit = lineageLimits.keptPartBytes;
      const others = (await listParts(repositoryId)).filter((part) => part.digest !== digest);
      if (sum(others) + bytes > limit)
        throw new AppError('LINEAGE_LIMIT_REACHED', {
          what: 'bytes of parts, of which those of unfinished syncs go after an hour',
          limit,
        });
      await db
        .insertInto('lineage_parts')
        .values({ repository_id: repositoryId, digest, bytes, content, expires_at: expiry() })
        .onConflict((conflict) => conflict.columns(['repository_id', 'digest']).doUpdateSet(keepLonger(expiry())))
        .execute();
    },

    /**
     * Makes the repository hold what the listed parts hold, or says which are missing. Answers in bounded time. Throws
     * REPOSITORY_NOT_FOUND, LINEAGE_REFERENCE_UNKNOWN, LINEAGE_LIMIT_REACHED.
     */
    async sync(repositoryId: number, parts: readonly string[]): Promise<LineageSyncState> {
      const digests = [...new Set(parts)];
      const manifest = createHash('sha256').update(digests.join('\n')).digest('hex');
      const key = `${repositoryId} ${manifest}`;
      const work = underWay.get(key) ?? start(key, () => begin(repositoryId, digests, manifest));
      const over = new AbortController();
      const timer = pause(withinMs, { status: 'RUNNING' as const }, { signal: over.signal });
      try {
        return await Promise.race([work, timer]);
      } catch (failure) {
        underWay.delete(key);
        throw failure;
      } finally {
        over.abort();
        timer.catch(() => undefined);
      }
    },
  };

  function start(key: string, begun: () => Promise<LineageSyncState>): Promise<LineageSyncState> {
    const work = begun();
    underWay.set(key, work);
    work.then(
      () => underWay.delete(key),
      // For who was told that it runs, and asks again; unless nobody does.
      () => setTimeout(() => underWay.get(key) === work && underWay.delete(key), failureKeptMs).unref(),
    );
    return work;
  }

  async function begin(repositoryId: number, digests: string[], manifest: string): Promise<LineageSyncState> {
    const repository = await requireRepository(repositoryId);
    if (repository.manifest === manifest) return unchanged(repositoryId);
    await dropExpired();
    const lacking = await findMissing(repositoryId, digests);
    if (lacking.length > 0) return { status: 'PARTS_MISSING', missing: lacking };
    const written = await lineageStore.replaceRepositoryBy(manifest, () => load(repositoryId, digests));
    // Parts may have expired while others had their turn.
    if (written === undefined) return { status: 'PARTS_MISSING', missing: await findMissing(repositoryId, digests) };
    await keep(repositoryId, digests);
    return { status: 'COMPLETED', unchanged: false, nodes: written.nodes.length, edges: written.edges.length };
  }

  /** Those that are there are kept while the rest is sent. Throws LINEAGE_LIMIT_REACHED. */
  async function findMissing(repositoryId: number, digests: string[]): Promise<string[]> {
    const held = (await listParts(repositoryId)).filter(({ digest }) => digests.includes(digest));
    const limit = lineageLimits.syncBytes;
    if (sum(held) > limit) throw new AppError('LINEAGE_LIMIT_REACHED', { what: 'bytes', limit });
    await db
      .updateTable('lineage_parts')
      .set(keepLonger(expiry()))
      .where('repository_id', '=', repositoryId)
      .where(among(digests))
      .execute();
    const there = new Set(held.map(({ digest }) => digest));
    return digests.filter((digest) => !there.has(digest));
  }

  async function load(repositoryId: number, digests: string[]): Promise<SyncInput | undefined> {
    const input: SyncInput = {
      customRepositoryId: repositoryId,
      workspaceId: 1,
      nodes: [],
      edges: [],
      cleanupStale: true,
    };
    for (const digest of digests) {
      const row = await db
        .selectFrom('lineage_parts')
        .select('content')
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { nodes, edges } = await readLineagePart(row.content);
      for (const node of nodes) input.nodes.push(node);
      for (const edge of edges) input.edges.push(edge);
    }
    return input;
  }

  /** What the repository holds now stays; what it held before goes, unless another sync names it within the hour. */
  async function keep(repositoryId: number, digests: string[]): Promise<void> {
    await db
      .updateTable('lineage_parts')
      .set({
        expires_at: sql`case when digest = any(${digests}::text[]) then null else coalesce(expires_at, ${expiry()}) end`,
      })
      .where('repository_id', '=', repositoryId)
      .execute();
  }

  async function unchanged(repositoryId: number): Promise<LineageSyncState> {
    await db.updateTable('lineage_repositories').set({ synced_at: now() }).where('id', '=', repositoryId).execute();
    const count = async (table: 'lineage_nodes' | 'lineage_edges') => {
      const rows = db.selectFrom(table).where('repository_id', '=', repositoryId);
      const { n } = await rows.select((row) => row.fn.countAll<string>().as('n')).executeTakeFirstOrThrow();
      return Number(n);
    };
    const [nodes, edges] = [await count('lineage_nodes'), await count('lineage_edges')];
    return { status: 'COMPLETED', unchanged: true, nodes, edges };
  }

  async function requireRepository(id: number) {
    const repository = await db
      .selectFrom('lineage_repositories')
      .select('manifest')
      .where('id', '=', id)
      .executeTakeFirst();
    if (repository === undefined) throw new AppError('REPOSITORY_NOT_FOUND', { id });
    return repository;
  }

  function listParts(repositoryId: number) {
    return db
      .selectFrom('lineage_parts')
      .select(['digest', 'bytes'])
      .where('repository_id', '=', repositoryId)
      .execute();
  }

  /** Of every repository, also of those that nobody syncs any more. */
  async function dropExpired(): Promise<void> {
    await db.deleteFrom('lineage_parts').where('expires_at', '<', now()).execute();
  }

  return store;
}

const among = (digests: readonly string[]) => sql<boolean>`digest = any(${digests}::text[])`;

/** What the repository holds has no end; all else gets a later one. */
const keepLonger = (until: Date) => ({
  expires_at: sql<Date | null>`case when lineage_parts.expires_at is null then null else ${until}::timestamptz end`,
});

const sum = (parts: readonly { bytes: number }[]) => parts.reduce((total, { bytes }) => total + bytes, 0);
