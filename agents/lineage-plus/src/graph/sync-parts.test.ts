import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineageSyncPart } from '@bigeye/contracts';
import { beforeEach, expect, test } from 'vitest';
import type { InventoryRelation } from '../postgres/read-inventory.ts';
import type { Column, Relation } from '../resolver/catalog.ts';
import { SourceNames } from './source-names.ts';
import { SyncFile } from './sync-file.ts';
import { syncParts } from './sync-parts.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sync-parts-'));
  return () => rm(folder, { recursive: true });
});

const names = new SourceNames({ host: 'db', port: 5432, database: 'd' });
const sizes = { least: 2_000, most: 20_000, oneIn: 16 };

function view(number: number): InventoryRelation {
  const columns: Column[] = [];
  const relation: Relation = { schema: 's', name: `v${number}`, kind: 'view', columns };
  for (const name of ['a', 'b']) columns.push({ relation, name, type: 'int', ordinal: columns.length + 1 });
  return { oid: number, relation, isSystem: false, partitionOf: undefined, rule: undefined };
}

/** Writes the file of so many views, each over the one before it. */
async function writeSync(count: number, change: { number: number; sql: string } | undefined = undefined) {
  const path = join(folder, 'sync-request.json');
  const views = Array.from({ length: count }, (_, number) => view(number));
  await using file = new SyncFile(path, names);
  for (const [index, entry] of views.entries()) {
    const before = views[index - 1];
    if (before !== undefined) {
      const pair = [names.relationId(before.relation), names.relationId(entry.relation)] as const;
      await file.writeEdges([{ upstreamExternalId: pair[0], downstreamExternalId: pair[1] }]);
    }
    const isChanged = change?.number === index;
    await file.writeView(entry, isChanged ? change.sql : `SELECT a, b FROM s.v${index - 1} -- \u2028 ]\n`);
  }
  await file.commit(views);
  return path;
}

async function partsOf(path: string): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of syncParts(path, sizes)) parts.push(part);
  return parts;
}

test('the parts together hold what the file holds, each once, none larger than it may be', async () => {
  const path = await writeSync(300);
  const parts = await partsOf(path);
  expect(parts.length).toBeGreaterThan(5);
  expect(parts.filter((part) => part.length > sizes.most + 100)).toEqual([]);
  const parsed = parts.map((part) => LineageSyncPart.parse(JSON.parse(part)));
  const nodes = parsed.flatMap((part) => part.nodes);
  expect(nodes).toHaveLength(2 + 300 * 3);
  expect(new Set(nodes.map(({ externalId }) => externalId)).size).toBe(nodes.length);
  expect(nodes.find(({ nodeName }) => nodeName === 'v7')?.attributes).toEqual([
    { name: 'sql', value: 'SELECT a, b FROM s.v6 -- \u2028 ]\n' },
  ]);
  expect(parsed.flatMap((part) => part.edges)).toHaveLength(299);
});

test('a changed view changes the parts around it and no other', async () => {
  const before = await partsOf(await writeSync(300));
  const after = await partsOf(await writeSync(300, { number: 150, sql: 'SELECT 1 AS a, 2 AS b' }));
  const added = after.filter((part) => !before.includes(part));
  expect(added.length).toBeGreaterThan(0);
  expect(added.length).toBeLessThanOrEqual(2);
});

test('a file without edges gives a whole part, and one with nothing gives none', async () => {
  const [only, ...more] = await partsOf(await writeSync(1));
  expect(more).toEqual([]);
  expect(LineageSyncPart.parse(JSON.parse(only ?? ''))).toMatchObject({ edges: [] });
  const empty = join(folder, 'empty.json');
  await writeFile(empty, '{"edges":[\n],"nodes":[\n],"cleanupStale":true}\n');
  expect(await partsOf(empty)).toEqual([]);
});
