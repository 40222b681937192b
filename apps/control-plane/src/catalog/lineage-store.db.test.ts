import type { LineageSyncRequest } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createLineageStore } from './lineage-store.ts';

type Nodes = LineageSyncRequest['nodes'];

/** orders(id, total) → order_totals(total), inside shop.public. */
const nodes: Nodes = [
  { externalId: 'orders#id', nodeName: 'id', nodeType: 'COLUMN', containerExternalId: 'orders' },
  { externalId: 'orders#total', nodeName: 'total', nodeType: 'COLUMN', containerExternalId: 'orders' },
  { externalId: 'orders', nodeName: 'orders', nodeType: 'TABLE', containerExternalId: 'public' },
  { externalId: 'totals', nodeName: 'order_totals', nodeType: 'VIEW', containerExternalId: 'public' },
  { externalId: 'totals#total', nodeName: 'total', nodeType: 'COLUMN', containerExternalId: 'totals' },
  { externalId: 'public', nodeName: 'public', nodeType: 'SCHEMA', containerExternalId: 'shop' },
  { externalId: 'shop', nodeName: 'shop', nodeType: 'DATABASE' },
];
const edge = (upstreamExternalId: string, downstreamExternalId: string) => ({
  upstreamExternalId,
  downstreamExternalId,
  relationshipType: 'LINEAGE' as const,
  transformations: [{ type: 'DIRECT' as const, subtype: 'AGGREGATION' as const }],
});
const edges = [edge('orders#total', 'totals#total'), edge('orders', 'totals')];

describeEachDatabase('lineage store', (open) => {
  test('a column leads to its origins, with the tables around it', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('shop', 1);
    await store.replaceRepository({ customRepositoryId: id, workspaceId: 1, nodes, edges, cleanupStale: true });
    const [found] = await store.searchNodes('Order_Totals.total', 10);
    expect(found).toMatchObject({ path: 'shop.public.order_totals.total', type: 'COLUMN', repository: 'shop' });
    const graph = await store.getGraph(found?.id ?? 0, { direction: 'UPSTREAM', depth: 5 });
    expect(graph.nodes.map((node) => node.path).sort()).toEqual([
      'shop.public.order_totals',
      'shop.public.order_totals.total',
      'shop.public.orders',
      'shop.public.orders.total',
    ]);
    const ids = new Map(graph.nodes.map((node) => [node.path, node.id]));
    expect(graph.edges).toContainEqual({
      upstreamId: ids.get('shop.public.orders.total'),
      downstreamId: ids.get('shop.public.order_totals.total'),
      transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }],
    });
  });

  test('a second sync removes what is gone and keeps the ids of what stays', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('shop', 1);
    const sync = (some: Nodes, someEdges: typeof edges) =>
      store.replaceRepository({
        customRepositoryId: id,
        workspaceId: 1,
        nodes: some,
        edges: someEdges,
        cleanupStale: true,
      });
    await sync(nodes, edges);
    const [before] = await store.searchNodes('orders.total', 1);
    await sync(
      nodes.filter((node) => !node.externalId.startsWith('totals')),
      [],
    );
    expect(await store.searchNodes('order_totals', 10)).toEqual([]);
    const [after] = await store.searchNodes('orders.total', 1);
    expect(after?.id).toBe(before?.id);
    expect((await store.getGraph(after?.id ?? 0, { direction: 'ALL', depth: 3 })).edges).toEqual([]);
  });

  test('a reference to nothing changes nothing and names what is missing', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('shop', 1);
    await store.replaceRepository({ customRepositoryId: id, workspaceId: 1, nodes, edges, cleanupStale: true });
    const broken = {
      customRepositoryId: id,
      workspaceId: 1,
      nodes,
      edges: [edge('gone', 'totals')],
      cleanupStale: true,
    };
    await expect(store.replaceRepository(broken)).rejects.toMatchObject({
      code: 'LINEAGE_REFERENCE_UNKNOWN',
      details: { externalIds: ['gone'] },
    });
    expect(await store.searchNodes('order', 10)).toHaveLength(5);
  });

  test('two thousand tables of ten columns are stored, and stored again, in one piece', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('wide', 1);
    const many: Nodes = [];
    for (let t = 0; t < 2000; t++) {
      many.push({ externalId: `t${t}`, nodeName: `t${t}`, nodeType: 'TABLE' });
      for (let c = 0; c < 10; c++)
        many.push({ externalId: `t${t}#c${c}`, nodeName: `c${c}`, nodeType: 'COLUMN', containerExternalId: `t${t}` });
    }
    const manyEdges = Array.from({ length: 1999 }, (_, t) => edge(`t${t}#c0`, `t${t + 1}#c0`));
    const request = { customRepositoryId: id, workspaceId: 1, nodes: many, edges: manyEdges, cleanupStale: true };
    await store.replaceRepository(request);
    await store.replaceRepository(request);
    const [last] = await store.searchNodes('t1999.c0', 1);
    const graph = await store.getGraph(last?.id ?? 0, { direction: 'UPSTREAM', depth: 20 });
    expect(graph.edges).toHaveLength(20);
  });
});
