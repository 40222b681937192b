import { readdirSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Database } from '../db/database.ts';
import { insertJob } from '../testing/a-job.ts';
import { describeEachDatabase } from '../testing/each-database.ts';
import { openRunStores } from '../testing/run-stores.ts';

async function withRun(database: Database) {
  const stores = openRunStores(database);
  const runId = await stores.runs.insertRun(await insertJob(database), 'me');
  const read = async (name: string) => {
    const parts: Buffer[] = [];
    for await (const part of (await stores.artifacts.getArtifact(runId, name)) as Readable) parts.push(part);
    return Buffer.concat(parts);
  };
  const files = () =>
    readdirSync(new URL(stores.objects.place), { recursive: true, withFileTypes: true }).filter((e) => e.isFile());
  const asked = async () =>
    (await database.db.selectFrom('object_deletions').select('key').execute()).map((r) => r.key);
  return { ...stores, runId, read, files, asked };
}

describeEachDatabase('artifact store', (open) => {
  test('an artifact comes back byte for byte, the newest wins, and the older content is given up', async () => {
    const { artifacts, runId, runs, read, files, asked } = await withRun(open());
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    await artifacts.putArtifact(runId, 'report.json', Buffer.from('old'));
    expect(await asked()).toEqual([]);
    await artifacts.putArtifact(runId, 'report.json', bytes);
    expect(Buffer.compare(await read('report.json'), bytes)).toBe(0);
    expect((await runs.getRun(runId)).artifacts).toEqual([{ name: 'report.json', bytes: 5, removedAt: null }]);
    expect(await asked()).toHaveLength(1);
    // Sent again by a host that did not hear the answer: nothing more is stored.
    await artifacts.putArtifact(runId, 'report.json', bytes);
    expect(files()).toHaveLength(2);
    await expect(artifacts.getArtifact(runId, 'nothing')).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' });
  });

  test('what an object store does not take is not recorded, and what is recorded but gone is said so', async () => {
    const database = open();
    const { artifacts, runId, runs, objects } = await withRun(database);
    const full = openRunStores(database, {
      ...objects,
      put: () => Promise.reject(new Error('no space')),
      [Symbol.dispose]: () => undefined,
    });
    await expect(full.artifacts.putArtifact(runId, 'a', Buffer.from('x'))).rejects.toThrow('no space');
    expect((await runs.getRun(runId)).artifacts).toEqual([]);
    await artifacts.putArtifact(runId, 'a', Buffer.from('x'));
    await objects.remove(`runs/${runId}/`);
    await expect(artifacts.getArtifact(runId, 'a')).rejects.toMatchObject({ code: 'OBJECT_MISSING' });
  });

  test('an artifact that was stored in the database before there was an object store is still read', async () => {
    const database = open();
    const { artifacts, runId, read } = await withRun(database);
    await artifacts.putArtifact(runId, 'a', Buffer.from('x'));
    const { gzipSync } = await import('node:zlib');
    const { sql } = await import('kysely');
    await sql`update run_artifacts set object = null, digest = null, content = ${gzipSync('of old')}`.execute(
      database.db,
    );
    expect((await artifacts.getArtifact(runId, 'a')).toString()).toBe('of old');
    await artifacts.putArtifact(runId, 'a', Buffer.from('new'));
    expect((await read('a')).toString()).toBe('new');
  });
});
