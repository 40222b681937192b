import {
  type LineageNeighbourhood,
  LineageNeighbourhoodQuery,
  LineageNeighboursQuery,
  type LineageSyncRequest,
  lineageLimits,
} from '@bigeye/contracts';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { createLineageNeighbourhoodStore } from './lineage-neighbourhood-store.ts';
import { createLineageStore } from './lineage-store.ts';

type Transformations = NonNullable<LineageSyncRequest['edges'][number]['transformations']>;
const identity: Transformations = [{ type: 'DIRECT', subtype: 'IDENTITY' }];
const filter: Transformations = [{ type: 'INDIRECT', subtype: 'FILTER' }];

/** Stores tables (`a`) with columns (`a.x`), and edges `a.x > b.y`; indirect ones as `a.x ~ b`. */
async function storeOf(database: Database, tables: Record<string, string[]>, edges: string[]) {
  const lineage = createLineageStore(database.db);
  const { id } = await lineage.upsertRepository('shop', 1);
  await lineage.replaceRepository({
    customRepositoryId: id,
    workspaceId: 1,
    cleanupStale: true,
    nodes: [
      { externalId: 'db', nodeName: 'db', nodeType: 'DATABASE' },
      ...Object.keys(tables).map((name) => ({
        externalId: name,
        nodeName: name,
        nodeType: 'TABLE' as const,
        containerExternalId: 'db',
      })),
      ...Object.entries(tables).flatMap(([table, columns]) =>
        columns.map((column, place) => ({
          externalId: `${table}.${column}`,
          nodeName: column,
          nodeType: 'COLUMN' as const,
          containerExternalId: table,
          attributes: [{ name: 'ordinal', value: String(columns.length - place) }],
        })),
      ),
    ],
    edges: edges.map((text) => {
      const [from = '', kind, to = ''] = text.split(' ');
      return {
        upstreamExternalId: from,
        downstreamExternalId: to,
        relationshipType: 'LINEAGE' as const,
        transformations: kind === '~' ? filter : from.includes('.') ? identity : [],
      };
    }),
  });
  const rows = await database.db.selectFrom('lineage_nodes').select(['id', 'external_id']).execute();
  const ids = new Map(rows.map((row) => [row.external_id, row.id]));
  const names = new Map(rows.map((row) => [row.id, row.external_id]));
  const idOf = (name: string) => ids.get(name) ?? 0;
  const store = createLineageNeighbourhoodStore(database.db);
  const around = (name: string, query: Partial<Record<keyof LineageNeighbourhoodQuery, unknown>> = {}) =>
    store.getNeighbourhood(idOf(name), LineageNeighbourhoodQuery.parse(query));
  const listed = async (name: string, query: object) => {
    const { total, neighbours } = await store.listNeighbours(idOf(name), LineageNeighboursQuery.parse(query));
    return [total, ...neighbours.map((one) => `${names.get(one.id)} ${one.count}`)];
  };
  const tablesOf = (reply: LineageNeighbourhood) => reply.tables.map(({ id }) => names.get(id)).sort();
  const edgesOf = (reply: LineageNeighbourhood) =>
    reply.edges
      .map(
        ({ upstreamId, downstreamId, count, indirect }) =>
          `${names.get(upstreamId)} ${indirect ? '~' : '>'} ${names.get(downstreamId)} ×${count}`,
      )
      .sort();
  return { store, around, listed, idOf, tablesOf, edgesOf };
}

const numbered = (count: number, name: (n: number) => string) => Array.from({ length: count }, (_, n) => name(n));

describeEachDatabase('lineage around a table', (open) => {
  test('is told by tables, with the edges between two of them as one', async () => {
    const { around, idOf, tablesOf, edgesOf } = await storeOf(open(), { a: ['x', 'y'], b: ['x', 'y'], c: ['x'] }, [
      ...['a > b', 'a.x > b.x', 'a.y > b.y', 'a.x ~ b', 'b.x > c.x'],
    ]);
    const one = await around('a');
    expect(tablesOf(one)).toEqual(['a', 'b']);
    expect(one.rootId).toBe(idOf('a'));
    expect(one.columns).toEqual([]);
    expect(edgesOf(one)).toEqual(['a > b ×3']);
    const [a, b] = one.tables;
    expect(a).toMatchObject({
      columns: 2,
      path: 'db.a',
      upstream: { tables: 0, leftOut: 0 },
      downstream: { tables: 1, leftOut: 0 },
    });
    expect(b).toMatchObject({ upstream: { tables: 1, leftOut: 0 }, downstream: { tables: 1, leftOut: 1 } });
    expect(tablesOf(await around('a', { downstream: 2 }))).toEqual(['a', 'b', 'c']);
    expect(tablesOf(await around('c', { downstream: 0, upstream: 2 }))).toEqual(['a', 'b', 'c']);
    expect(tablesOf(await around('b', { upstream: 0 }))).toEqual(['b', 'c']);
  });

  test('shows the columns of opened tables in their order, and edges as fine as they are drawn', async () => {
    const { around, idOf, edgesOf } = await storeOf(open(), { a: ['x', 'y'], b: ['x', 'y'] }, [
      ...['a > b', 'a.x > b.x', 'a.x > b.y', 'a.y ~ b'],
    ]);
    const opened = await around('a', { opened: `${idOf('a')}` });
    expect(opened.columns.map(({ name }) => name)).toEqual(['y', 'x']);
    expect(edgesOf(opened)).toEqual(['a.x > b ×2', 'a.y ~ b ×1']);
    const both = await around('a', { opened: `${idOf('a')},${idOf('b')}` });
    expect(edgesOf(both)).toEqual(['a.x > b.x ×1', 'a.x > b.y ×1', 'a.y ~ b ×1']);
  });

  test('ends at circles and does not draw a table into itself', async () => {
    const { around, tablesOf, edgesOf } = await storeOf(open(), { a: ['x', 'y'], b: ['x'] }, [
      ...['a.x > a.y', 'a > a', 'a.x > b.x', 'b.x > a.x'],
    ]);
    const reply = await around('a', { upstream: 20, downstream: 20 });
    expect(tablesOf(reply)).toEqual(['a', 'b']);
    expect(edgesOf(reply)).toEqual(['a > b ×1', 'b > a ×1']);
    expect(reply.tables[0]).toMatchObject({
      upstream: { tables: 1, leftOut: 0 },
      downstream: { tables: 1, leftOut: 0 },
    });
    const alone = await storeOf(open(), { a: ['x', 'y'] }, ['a.x > a.y']);
    expect((await alone.around('a')).tables).toMatchObject([{ upstream: { tables: 0 }, downstream: { tables: 0 } }]);
  });

  test('a table that is reached both ways is there once and walked on from, both ways', async () => {
    const { around, tablesOf } = await storeOf(open(), { a: ['x'], b: ['x'], up: ['x'], down: ['x'] }, [
      ...['a.x > b.x', 'b.x > a.x', 'up.x > b.x', 'b.x > down.x'],
    ]);
    expect(tablesOf(await around('a', { upstream: 2, downstream: 2 }))).toEqual(['a', 'b', 'down', 'up']);
  });

  test('of a hub the strongest neighbours are shown, the rest is counted, and comes when asked for', async () => {
    const readers = numbered(110, (n) => `r${n}`);
    const { around, idOf, tablesOf } = await storeOf(
      open(),
      { hub: ['x', 'y'], ...Object.fromEntries(readers.map((name) => [name, ['x', 'y']])) },
      [...readers.map((name) => `hub.x > ${name}.x`), 'hub.y > r100.y'],
    );
    const folded = await around('hub', { fan: 13 });
    expect(folded.tables).toHaveLength(14);
    expect(tablesOf(folded)).toContain('r100');
    expect(folded.tables[0]?.downstream).toEqual({ tables: 110, leftOut: 97 });
    const more = await around('hub', { fan: 13, more: `${idOf('hub')}d20` });
    expect(more.tables[0]?.downstream).toEqual({ tables: 110, leftOut: 77 });
    const picked = await around('hub', { fan: 13, with: `${idOf('r109')},${idOf('hub.x')},2147483648` });
    expect(tablesOf(picked)).toContain('r109');
    expect(picked.tables[0]?.downstream).toEqual({ tables: 110, leftOut: 96 });
  });

  test('one hub does not take the room of the others', async () => {
    const readers = numbered(60, (n) => `r${n}`);
    const { around, tablesOf } = await storeOf(
      open(),
      {
        root: ['x'],
        hub: ['x'],
        small: ['x'],
        last: ['x'],
        ...Object.fromEntries(readers.map((name) => [name, ['x']])),
      },
      ['root.x > hub.x', 'root.x > small.x', 'small.x > last.x', ...readers.map((name) => `hub.x > ${name}.x`)],
    );
    const reply = await around('root', { downstream: 2, fan: 50, tables: 6 });
    expect(reply.tables).toHaveLength(6);
    expect(tablesOf(reply)).toContain('last');
  });

  test('what is opened further out is found through what was opened before it', async () => {
    const { around, idOf, tablesOf } = await storeOf(open(), { a: ['x'], b: ['x'], c: ['x'], d: ['x'] }, [
      ...['a.x > b.x', 'b.x > c.x', 'c.x > d.x'],
    ]);
    const more = `${idOf('c')}d10,${idOf('b')}d10`;
    expect(tablesOf(await around('a', { more }))).toEqual(['a', 'b', 'c', 'd']);
    expect(tablesOf(await around('a', { more: `${idOf('c')}d10` }))).toEqual(['a', 'b']);
  });

  test('the path of a column brings its tables and columns along, exactly, and ends where it decides on rows', async () => {
    const { around, idOf, tablesOf, edgesOf } = await storeOf(
      open(),
      { origin: ['x', 'z'], a: ['x', 'y'], b: ['x', 'y'], rows: ['x'], beyond: ['x'] },
      ['origin.x > a.x', 'origin.z > a.y', 'a.x > b.y', 'a.x ~ rows', 'rows > beyond', 'rows.x > beyond.x'],
    );
    const reply = await around('a.x', { fan: 1, tables: 1, upstream: 3, downstream: 3 });
    expect(reply.rootId).toBe(idOf('a'));
    expect(tablesOf(reply)).toEqual(['a', 'b', 'origin', 'rows']);
    expect(reply.columns.map(({ id }) => id).sort()).toEqual([idOf('origin.x'), idOf('a.x'), idOf('b.y')].sort());
    expect(edgesOf(reply)).toEqual(['a.x > b.y ×1', 'a.x ~ rows ×1', 'origin > a ×1', 'origin.x > a.x ×1']);
  });

  test('the column that is followed may be anywhere, and an id of no column is passed over', async () => {
    const { around, idOf, tablesOf } = await storeOf(open(), { a: ['x'], far: ['x'], farther: ['x'] }, [
      'far.x > farther.x',
    ]);
    const reply = await around('a', { column: idOf('far.x') });
    expect(tablesOf(reply)).toEqual(['a', 'far', 'farther']);
    for (const column of [idOf('far'), idOf('db'), 2_147_483_647])
      expect(await around('a', { column })).toMatchObject({ tables: [{ name: 'a' }], leftOut: { pathColumns: 0 } });
  });

  test('a path and an opened table have an end, and what is left out is counted', async () => {
    const { pathColumnsAWay, columnsOfTable } = lineageLimits.neighbourhood;
    const readers = numbered(pathColumnsAWay + 5, (n) => `r${n}`);
    const wide = numbered(columnsOfTable + 7, (n) => `c${n}`);
    const { around, idOf } = await storeOf(
      open(),
      { wide, ...Object.fromEntries(readers.map((name) => [name, ['x']])) },
      readers.map((name) => `wide.c0 > ${name}.x`),
    );
    const reply = await around('wide', { column: idOf('wide.c0'), opened: `${idOf('wide')}` });
    expect(reply.leftOut).toEqual({ columns: 7, pathColumns: 5, edges: 0 });
    expect(reply.columns.some(({ id }) => id === idOf('wide.c0'))).toBe(true);
  });

  test('what is no table has nothing around it, and what is not there is not found', async () => {
    const { around, idOf, store } = await storeOf(open(), { a: ['x'] }, []);
    await expect(around('db')).rejects.toMatchObject({ code: 'LINEAGE_NODE_WITHOUT_TABLE' });
    await expect(around('gone')).rejects.toMatchObject({ code: 'LINEAGE_NODE_NOT_FOUND' });
    expect(await store.getNode(idOf('a.x'))).toMatchObject({ node: { name: 'x' }, table: { name: 'a' } });
    expect(await store.getNode(idOf('db'))).toMatchObject({ node: { type: 'DATABASE' }, table: null });
  });

  test('neighbours are listed by page and by a part of their path', async () => {
    const readers = numbered(30, (n) => `r${String(n).padStart(2, '0')}`);
    const { listed } = await storeOf(
      open(),
      { hub: ['x', 'y'], ...Object.fromEntries(readers.map((name) => [name, ['x', 'y']])) },
      ['hub.x > r07.x', ...readers.map((name) => `hub.x ~ ${name}`), 'hub.y > r07.y'],
    );
    expect(await listed('hub', { way: 'DOWNSTREAM', limit: 2, offset: 7 })).toEqual([30, 'r07 3', 'r08 1']);
    expect(await listed('hub', { way: 'DOWNSTREAM', search: 'R2', limit: 2 })).toEqual([10, 'r20 1', 'r21 1']);
    expect(await listed('hub.x', { way: 'DOWNSTREAM', of: 'NODE', limit: 2 })).toEqual([31, 'r07.x 1', 'r00 1']);
    expect(await listed('r07', { way: 'UPSTREAM', of: 'NODE' })).toEqual([1, 'hub.x 1']);
    expect(await listed('hub', { way: 'UPSTREAM' })).toEqual([0]);
  });
});
