import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type LineageSyncState, lineageLimits } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createLineagePartStore } from './lineage-part-store.ts';
import { createLineageStore } from './lineage-store.ts';

const table = (name: string) => ({ externalId: name, nodeName: name, nodeType: 'TABLE' as const });
const edge = (from: string, to: string) => ({ upstreamExternalId: from, downstreamExternalId: to });

interface Part {
  readonly digest: string;
  readonly content: Uint8Array;
}

function part(nodes: object[], edges: object[] = []): Part {
  return packed(JSON.stringify({ nodes, edges }));
}
function packed(json: string): Part {
  return { digest: createHash('sha256').update(json).digest('hex'), content: gzipSync(json) };
}

const orders = part([table('orders')], [edge('orders', 'totals')]);
const totals = part([table('totals')]);
const list = (...parts: Part[]) => parts.map(({ digest }) => digest);

describeEachDatabase('lineage part store', (open) => {
  async function start({ withinMs = 20_000 } = {}) {
    const { db } = open();
    let time = new Date('2026-01-01T00:00:00Z');
    const lineage = createLineageStore(db);
    const store = createLineagePartStore(db, lineage, { now: () => time, withinMs });
    const { id } = await lineage.upsertRepository('shop', 1);
    const put = async (...parts: Part[]) => {
      for (const { digest, content } of parts) await store.putPart(id, digest, content);
    };
    const paths = async () => (await lineage.searchNodes('', 500)).map(({ path }) => path).sort();
    const pass = (ms: number) => {
      time = new Date(time.getTime() + ms);
    };
    return { db, id, lineage, store, put, paths, pass };
  }

  test('what is missing is told and nothing is changed; with all parts there, all of it is', async () => {
    const { id, lineage, store, put, paths } = await start();
    await put(orders);
    expect(await store.sync(id, list(orders, totals))).toEqual({ status: 'PARTS_MISSING', missing: list(totals) });
    expect(await paths()).toEqual([]);
    await put(totals);
    expect(await store.sync(id, list(orders, totals))).toMatchObject({ status: 'COMPLETED', nodes: 2, edges: 1 });
    expect(await paths()).toEqual(['orders', 'totals']);
    const [root] = await lineage.searchNodes('totals', 1);
    const graph = await lineage.getGraph(root?.id ?? 0, { direction: 'UPSTREAM', depth: 1 });
    expect(graph.edges).toHaveLength(1);
  });

  test('a repeated part is one part, and a repeated list changes nothing and says so', async () => {
    const { db, id, store, put } = await start();
    await put(orders, orders, totals, totals);
    expect(await db.selectFrom('lineage_parts').selectAll().execute()).toHaveLength(2);
    await store.sync(id, list(orders, totals));
    expect(await store.sync(id, list(orders, totals))).toMatchObject({
      status: 'COMPLETED',
      unchanged: true,
      nodes: 2,
      edges: 1,
    });
  });

  test('the next sync sends only what is new, and what is not listed any more is gone', async () => {
    const { id, store, put, paths, pass } = await start();
    await put(orders, totals);
    await store.sync(id, list(orders, totals));
    pass(10 * lineageLimits.partMs);
    const lines = part([table('lines')]);
    expect(await store.sync(id, list(totals, lines))).toEqual({ status: 'PARTS_MISSING', missing: list(lines) });
    await put(lines);
    expect(await store.sync(id, list(totals, lines))).toMatchObject({ status: 'COMPLETED', unchanged: false });
    expect(await paths()).toEqual(['lines', 'totals']);
  });

  test('parts that no finished sync names are gone after an hour, those of the repository are not', async () => {
    const { db, id, store, put, pass } = await start();
    await put(totals);
    await store.sync(id, list(totals));
    await put(orders);
    pass(lineageLimits.partMs + 1);
    await put(part([table('later')]));
    const kept = (await db.selectFrom('lineage_parts').select('digest').execute()).map(({ digest }) => digest);
    expect(kept.sort()).toEqual(list(totals, part([table('later')])).sort());
  });

  test('a list that cannot be right changes nothing, and can be told so again', async () => {
    const { id, store, put, paths } = await start();
    await put(totals, orders);
    await store.sync(id, list(totals));
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(store.sync(id, list(orders))).rejects.toMatchObject({
        code: 'LINEAGE_REFERENCE_UNKNOWN',
        details: { externalIds: ['totals'] },
      });
    expect(await paths()).toEqual(['totals']);
    await expect(store.sync(id + 1000, list(totals))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
  });

  test('after a sync in one body the same list is written again', async () => {
    const { id, lineage, store, put, paths } = await start();
    await put(totals);
    await store.sync(id, list(totals));
    const input = { customRepositoryId: id, workspaceId: 1, nodes: [table('other')], edges: [], cleanupStale: true };
    await lineage.replaceRepository(input);
    expect(await store.sync(id, list(totals))).toMatchObject({ status: 'COMPLETED', unchanged: false });
    expect(await paths()).toEqual(['totals']);
  });

  test('a sync that takes long says that it runs, and who asks again learns its end', async () => {
    const { id, store, put, paths } = await start({ withinMs: 0 });
    const many = part(Array.from({ length: 3_000 }, (_, n) => table(`t${n}`)));
    await put(many);
    const states: LineageSyncState['status'][] = [];
    while (states.at(-1) !== 'COMPLETED') states.push((await store.sync(id, list(many))).status);
    expect(states[0]).toBe('RUNNING');
    expect(await paths()).toHaveLength(500);
    await put(orders);
    let failure: unknown;
    while (failure === undefined)
      await store.sync(id, list(orders)).catch((error: unknown) => {
        failure = error;
      });
    expect(failure).toMatchObject({ code: 'LINEAGE_REFERENCE_UNKNOWN' });
  });

  test('what is not the part that it claims to be is refused, and a bomb is not unpacked', async () => {
    const { id, store, db } = await start();
    const put = ({ digest, content }: Part) => store.putPart(id, digest, content);
    const invalid = { code: 'LINEAGE_PART_INVALID' };
    await expect(put({ ...orders, digest: totals.digest })).rejects.toMatchObject(invalid);
    await expect(put({ ...orders, content: Buffer.from('{"nodes":[],"edges":[]}') })).rejects.toMatchObject(invalid);
    await expect(put(packed('{'))).rejects.toMatchObject(invalid);
    await expect(put(packed('{"nodes":[{}],"edges":[]}'))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(put(packed(' '.repeat(200 * 1024 * 1024)))).rejects.toMatchObject({
      ...invalid,
      message: expect.stringContaining('unpacked'),
    });
    await expect(store.putPart(id + 1000, orders.digest, orders.content)).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
    });
    expect(await db.selectFrom('lineage_parts').selectAll().execute()).toEqual([]);
  });

  test('a repository keeps so many bytes of parts and no more, and a sync names no more than a body may hold', async () => {
    const { db, id, store, put } = await start();
    const filler = Array.from({ length: 64 }, (_, n) => ({
      repository_id: id,
      digest: String(n).padStart(64, '0'),
      bytes: lineageLimits.partBytes,
      content: new Uint8Array(),
      expires_at: new Date('2026-01-01T00:30:00Z'),
    }));
    await db.insertInto('lineage_parts').values(filler).execute();
    await expect(put(orders)).rejects.toMatchObject({ code: 'LINEAGE_LIMIT_REACHED' });
    await expect(
      store.sync(
        id,
        filler.map(({ digest }) => digest),
      ),
    ).rejects.toMatchObject({ code: 'LINEAGE_LIMIT_REACHED' });
  });
});
