import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { LineageSyncState } from '@bigeye/contracts';
import { expect, test } from 'vitest';
import { syncLineage } from './sync-lineage.ts';

const digestOf = (part: string) => createHash('sha256').update(part).digest('hex');

/** A control plane that keeps parts; `before` answers in its place as long as it has something to say. */
function controlPlane(kept: string[] = [], before: LineageSyncState[] = []) {
  const parts = new Map(kept.map((part) => [digestOf(part), part]));
  const lists: (readonly string[])[] = [];
  return {
    parts,
    lists,
    async syncLineageParts(_repositoryId: number, manifest: { parts: string[] }): Promise<LineageSyncState> {
      lists.push(manifest.parts);
      const said = before.shift();
      if (said !== undefined) return said;
      const missing = manifest.parts.filter((digest) => !parts.has(digest));
      if (missing.length > 0) return { status: 'PARTS_MISSING', missing };
      return { status: 'COMPLETED', unchanged: false, nodes: 1, edges: 1 };
    },
    async putLineageSyncPart(_repositoryId: number, digest: string, content: Uint8Array): Promise<void> {
      parts.set(digest, gunzipSync(content).toString('utf8'));
    },
  };
}

const parts = async function* () {
  yield* ['{"a":1}', '{"b":2}', '{"c":"ü"}'];
};

test('only what the control plane does not have is sent, packed, under the name of what it holds', async () => {
  const target = controlPlane(['{"b":2}']);
  const progress: string[] = [];
  const result = await syncLineage(target, {
    repositoryId: 7,
    parts,
    onProgress: (done, total) => progress.push(`${done}/${total}`),
  });
  expect(result).toMatchObject({ status: 'COMPLETED', sent: 2 });
  expect([...target.parts.values()].sort()).toEqual(['{"a":1}', '{"b":2}', '{"c":"ü"}']);
  expect([...target.parts].filter(([digest, part]) => digestOf(part) !== digest)).toEqual([]);
  expect(progress).toEqual(['1/2', '2/2']);
});

test('nothing is sent where nothing is missing, and a sync that runs is asked for until it is over', async () => {
  const all = ['{"a":1}', '{"b":2}', '{"c":"ü"}'];
  const target = controlPlane(all, [{ status: 'RUNNING' }, { status: 'RUNNING' }]);
  expect(await syncLineage(target, { repositoryId: 7, parts, onProgress: () => undefined })).toMatchObject({ sent: 0 });
  expect(target.lists).toHaveLength(3);
});

test('a control plane that keeps nothing is given up, as exit code 6', async () => {
  const target = controlPlane();
  target.parts.set = () => target.parts;
  await expect(syncLineage(target, { repositoryId: 7, parts, onProgress: () => undefined })).rejects.toMatchObject({
    exitCode: 6,
  });
});
