import { createHash, randomUUID } from 'node:crypto';
import { pipeline, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, gunzip, gzip } from 'node:zlib';
import { AppError, type RunId, runLimits } from '@bigeye/contracts';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';
import { forgetObject } from '../objects/object-deletion-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { withLockedRun } from './locked-run-store.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export type ArtifactStore = ReturnType<typeof createArtifactStore>;

/** Files that a run left: their names and sizes in the database, their content in the object store. */
export function createArtifactStore(db: Db, changes: ChangeFeed, objects: ObjectStore) {
  return {
    /**
     * While the run is active the newest content of a name wins. Throws RUN_ENDED, RUN_LIMIT_REACHED, RUN_NOT_FOUND,
     * OBJECT_STORE_UNREACHABLE; a repeat of what is stored succeeds.
     */
    async putArtifact(runId: RunId, name: string, bytes: Uint8Array): Promise<void> {
      const digest = createHash('sha256').update(bytes).digest('hex');
      const file = { runId, name, bytes, digest };
      // Asked twice: before anything is stored, so that what is refused takes no place, and where it counts.
      if ((await admit(file)) === 'stored already') return;
      const content = await compress(bytes);
      const object = `runs/${runId}/artifacts/${randomUUID()}.gz`;
      await objects.put(object, content);
      try {
        const verdict = await admit(file, { object, storedBytes: content.byteLength });
        if (verdict === 'stored already') await forgetObject(db, object);
      } catch (error) {
        await forgetObject(db, object);
        throw error;
      }
      await changes.announce({ runId, what: 'run' });
    },

    /** Throws ARTIFACT_NOT_FOUND, ARTIFACT_REMOVED, OBJECT_MISSING, OBJECT_STORE_UNREACHABLE. */
    async getArtifact(runId: RunId, name: string): Promise<Buffer | Readable> {
      const row = await db
        .selectFrom('run_artifacts')
        .select(['content', 'object', 'removed_at'])
        .where('run_id', '=', runId)
        .where('name', '=', name)
        .executeTakeFirst();
      if (!row) throw new AppError('ARTIFACT_NOT_FOUND', { runId, name });
      if (row.removed_at)
        throw new AppError('ARTIFACT_REMOVED', { runId, name, removedAt: row.removed_at.toISOString() });
      // Stored before there was an object store.
      if (row.content) return await decompress(row.content);
      // An error on the way ends the answer in the middle, which a client sees by its missing end.
      return pipeline(await objects.get(row.object ?? ''), createGunzip(), () => undefined);
    },
  };

  /** Judges the file and, where `stored` says where its content lies, records it, in one transaction that holds the run. */
  async function admit(
    { runId, name, bytes, digest }: { runId: RunId; name: string; bytes: Uint8Array; digest: string },
    stored?: { object: string; storedBytes: number },
  ): Promise<'new' | 'stored already'> {
    return await withLockedRun({ db, changes }, runId, async (tx, run, requireOpen) => {
      const files = await tx
        .selectFrom('run_artifacts')
        .select(['name', 'bytes', 'digest', 'object'])
        .where('run_id', '=', runId)
        .execute();
      const before = files.find((file) => file.name === name);
      if (before?.digest === digest) return 'stored already';
      if (before && run.openness !== 'open') throw new AppError('RUN_ENDED', { runId, what: `its artifact ${name}` });
      await requireOpen('its artifacts');
      const total = files.reduce((sum, file) => sum + file.bytes, bytes.byteLength - (before?.bytes ?? 0));
      if ((!before && files.length >= runLimits.artifacts) || total > runLimits.artifactBytesOfRun)
        throw new AppError('RUN_LIMIT_REACHED', { runId, what: whatIsLeft });
      if (!stored) return 'new';
      const row = { bytes: bytes.byteLength, stored_bytes: stored.storedBytes, object: stored.object, digest };
      await tx
        .insertInto('run_artifacts')
        .values({ run_id: runId, name, ...row })
        .onConflict((conflict) => conflict.columns(['run_id', 'name']).doUpdateSet({ ...row, content: null }))
        .execute();
      if (before?.object) await forgetObject(tx, before.object);
      return 'new';
    });
  }
}

/** As the timeline tells it, once. */
const whatIsLeft = `artifact: no more than ${runLimits.artifacts} files of ${runLimits.artifactBytesOfRun / 1024 / 1024} MiB in all are kept`;
