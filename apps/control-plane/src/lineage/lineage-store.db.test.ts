import type { LineageSyncRequest } from '@bigeye/contracts';
import { lineageLimits } from '@bigeye/contracts';
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

  test('what is found comes without its SQL, which its node has', async () => {
    const { db } = open();
    const store = createLineageStore(db);
    const { id } = await store.upsertRepository('shop', 1);
    const definition = `SELECT ${'1, '.repeat(500)}1`;
    const attributes = [
      { name: 'definition', value: definition },
      { name: 'comment', value: 'short' },
    ];
    const view = { externalId: 'v', nodeName: 'v', nodeType: 'VIEW' as const, attributes };
    await store.replaceRepository({
      customRepositoryId: id,
      workspaceId: 1,
      nodes: [view],
      edges: [],
      cleanupStale: true,
    });
    const [found] = await store.searchNodes('v', 10);
    expect(found?.attributes).toEqual({ comment: 'short' });
    const { nodes: whole } = await store.getGraph(found?.id ?? 0, { direction: 'ALL', depth: 1 });
    expect(whole[0]?.attributes).toEqual({ definition, comment: 'short' });
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

  test('deep nesting, too many levels and what contains itself are refused before anything is written', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('deep', 1);
    const sync = (some: Nodes) =>
      store.replaceRepository({
        customRepositoryId: id,
        workspaceId: 1,
        nodes: some,
        edges: [],
        cleanupStale: true,
      });
    const chain = (length: number): Nodes =>
      Array.from({ length }, (_, n) => ({
        externalId: `n${n}`,
        nodeName: `n${n}`,
        nodeType: 'TABLE' as const,
        ...(n > 0 ? { containerExternalId: `n${n - 1}` } : {}),
      }));
    await expect(sync(chain(5000))).rejects.toMatchObject({ code: 'LINEAGE_LIMIT_REACHED' });
    const [first, ...rest] = chain(3);
    await expect(sync([{ ...first, containerExternalId: 'n2' } as Nodes[number], ...rest])).rejects.toMatchObject({
      code: 'LINEAGE_REFERENCE_UNKNOWN',
    });
    expect(await store.searchNodes('n', 10)).toEqual([]);
    await sync(chain(lineageLimits.depth));
  });

  test('a large sync lets others come between, who see the old truth until it is done', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('pieces', 1);
    const tables = (from: number, to: number): Nodes =>
      Array.from({ length: to - from }, (_, n) => ({
        externalId: `t${from + n}`,
        nodeName: `t${from + n}`,
        nodeType: 'TABLE' as const,
      }));
    const sync = (some: Nodes) =>
      store.replaceRepository({
        customRepositoryId: id,
        workspaceId: 1,
        nodes: some,
        cleanupStale: true,
        edges: some.slice(1).map((node, n) => edge(some[n]?.externalId ?? '', node.externalId)),
      });
    let asked = 0;
    const syncing = sync(tables(0, 4000)).then(() => asked);
    for (; asked < 3; asked++) expect(await store.searchNodes('t', 10)).toEqual([]);
    expect(await syncing).toBe(3);
    await sync(tables(2000, 4000));
    expect(await store.searchNodes('t1999', 10)).toEqual([]);
    const [root] = await store.searchNodes('t3000', 1);
    expect((await store.getGraph(root?.id ?? 0, { direction: 'UPSTREAM', depth: 20 })).edges).toHaveLength(20);
  });

  test('a graph of more nodes than a statement has parameters is answered in our words', async () => {
    const database = open();
    const store = createLineageStore(database.db);
    const { id } = await store.upsertRepository('wide', 1);
    const many: Nodes = Array.from({ length: lineageLimits.graphNodes + 10 }, (_, n) => ({
      externalId: `c${n}`,
      nodeName: `c${n}`,
      nodeType: 'COLUMN' as const,
      ...(n > 0 ? { containerExternalId: 'c0' } : {}),
    }));
    const root = { externalId: 'c0', nodeName: 'wide', nodeType: 'TABLE' as const };
    await store.replaceRepository({
      customRepositoryId: id,
      workspaceId: 1,
      nodes: [root, ...many.slice(1)],
      edges: [],
      cleanupStale: true,
    });
    const [found] = await store.searchNodes('wide', 1);
    await expect(store.getGraph(found?.id ?? 0, { direction: 'ALL', depth: 1 })).rejects.toMatchObject({
      code: 'LINEAGE_GRAPH_TOO_LARGE',
    });
  });
});
