import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { RunId } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';
import { forgetObject } from '../objects/object-deletion-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { linesIn } from './run-log-store.ts';

const decompress = promisify(gunzip);
const compress = promisify(gzip);

export type LogSegmentStore = ReturnType<typeof createLogSegmentStore>;

/** Text of a segment, at least, while more may come. */
const segmentBytes = 1024 * 1024;

/** Gathers the many small chunks of a log, as hosts send them, into few objects of the object store. */
export function createLogSegmentStore(db: Db, objects: ObjectStore) {
  return {
    /** Runs that have something to gather: a full segment, or the rest of a log whose run ended before `endedBefore`. */
    async listRunsToGather(endedBefore: Date, limit: number): Promise<RunId[]> {
      const rows = await db
        .selectFrom('run_logs')
        .innerJoin('runs', 'runs.id', 'run_logs.run_id')
        .select('run_id')
        .where('tail_bytes', '>', 0)
        .where((eb) => eb.or([eb('tail_bytes', '>=', segmentBytes), eb('runs.finished_at', '<', endedBefore)]))
        .limit(limit)
        .execute();
      return rows.map((row) => row.run_id);
    },

    /**
     * Moves the oldest chunks of a log into a segment of the object store: a full one, or with less in it what there is.
     * Safe to repeat and to do twice at once. Throws OBJECT_STORE_UNREACHABLE.
     */
    async gatherSegment(runId: RunId): Promise<void> {
      const chunks = await oldestChunks(runId);
      const first = chunks.at(0);
      const last = chunks.at(-1);
      if (!first || !last) return;
      const parts = await Promise.all(chunks.map(async ({ content }) => linesIn(await decompress(content))));
      const lines = parts.flat();
      const content = await compress(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const object = `runs/${runId}/log/${first.first_line}-${first.first_line + lines.length - 1}.ndjson.gz`;
      const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes, 0);
      await objects.put(object, content);
      await db.transaction().execute(async (tx) => {
        const log = await tx
          .selectFrom('run_logs')
          .select('run_id')
          .where('run_id', '=', runId)
          .forUpdate()
          .executeTakeFirst();
        const { numDeletedRows } = await tx
          .deleteFrom('run_log_chunks')
          .where('run_id', '=', runId)
          .where('sequence', '>=', first.sequence)
          .where('sequence', '<=', last.sequence)
          .executeTakeFirstOrThrow();
        if (!log) {
          // The run was deleted meanwhile, and with it everything that was in the store by then.
          await forgetObject(tx, object);
          return;
        }
        // Another process was quicker, with the same object.
        if (numDeletedRows !== BigInt(chunks.length)) return;
        await tx
          .insertInto('run_log_segments')
          .values({
            run_id: runId,
            first_line: first.first_line,
            lines: lines.length,
            bytes,
            stored_bytes: content.byteLength,
            object,
          })
          .execute();
        await tx
          .updateTable('run_logs')
          .set({ tail_bytes: sql<number>`tail_bytes - ${bytes}` })
          .where('run_id', '=', runId)
          .execute();
      });
    },
  };

  async function oldestChunks(runId: RunId) {
    const sizes = await db
      .selectFrom('run_log_chunks')
      .select(['sequence', 'bytes'])
      .where('run_id', '=', runId)
      .orderBy('sequence')
      .execute();
    let bytes = 0;
    const chosen = sizes.filter(({ bytes: more }) => {
      const isWanted = bytes < segmentBytes;
      if (isWanted) bytes += more;
      return isWanted;
    });
    if (chosen.length === 0) return [];
    return await db
      .selectFrom('run_log_chunks')
      .select(['sequence', 'first_line', 'lines', 'bytes', 'content'])
      .where('run_id', '=', runId)
      .where('sequence', '<=', chosen.at(-1)?.sequence ?? 0)
      .orderBy('sequence')
      .execute();
  }
}
