import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { AppError, type LogChunk, LogLine, type LogPage, type LogPosition, type RunId } from '@bigeye/contracts';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

export type RunLogStore = ReturnType<typeof createRunLogStore>;

/** Logs and artifacts of runs, compressed, in the database. The only code that knows where they lie. */
export function createRunLogStore(db: Db, changes: ChangeFeed) {
  const store = {
    async getPosition(runId: RunId): Promise<LogPosition> {
      const last = await db
        .selectFrom('run_log_chunks')
        .select(['sequence', 'first_line', 'lines', 'last_time', 'lines_at_last_time'])
        .where('run_id', '=', runId)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (!last) return { nextSequence: 1, lastTime: null, linesAtLastTime: 0, lines: 0, bytes: 0 };
      const { total } = await db
        .selectFrom('run_log_chunks')
        .select(({ fn }) => fn.sum<string>('bytes').as('total'))
        .where('run_id', '=', runId)
        .executeTakeFirstOrThrow();
      return {
        nextSequence: last.sequence + 1,
        lastTime: last.last_time,
        linesAtLastTime: last.lines_at_last_time,
        lines: last.first_line + last.lines - 1,
        bytes: Number(total),
      };
    },

    /**
     * Stores the chunk if it is the next one; one that is stored already is left as it is. Answers with the position
     * reached, from which the host goes on. Throws LOG_CHUNK_OUT_OF_ORDER for a chunk further on.
     */
    async putChunk(runId: RunId, sequence: number, { lines }: LogChunk): Promise<LogPosition> {
      const before = await store.getPosition(runId);
      if (sequence < before.nextSequence) return before;
      if (sequence > before.nextSequence)
        throw new AppError('LOG_CHUNK_OUT_OF_ORDER', { expected: before.nextSequence, received: sequence });
      const text = JSON.stringify(lines);
      // A line of ours carries the time of the engine's line before it, so it takes part in the counting like any other.
      const lastTime = lines.at(-1)?.at ?? '';
      const sameTime = lines.filter((line) => line.at === lastTime && line.stream !== 'system').length;
      const carriedOver = before.lastTime === lastTime ? before.linesAtLastTime : 0;
      const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line.text) + 1, 0);
      const row = {
        run_id: runId,
        sequence,
        first_line: before.lines + 1,
        lines: lines.length,
        bytes,
        last_time: lastTime,
        lines_at_last_time: sameTime + carriedOver,
        content: await compress(text),
      };
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('run_log_chunks')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows !== 1n) return await store.getPosition(runId);
      const reached = before.lines + lines.length;
      await db
        .updateTable('runs')
        .set({ log_lines: reached })
        .where('id', '=', runId)
        .where('log_lines', '<', reached)
        .execute();
      await changes.announce({ runId, what: 'log' });
      return {
        nextSequence: sequence + 1,
        lastTime,
        linesAtLastTime: row.lines_at_last_time,
        lines: reached,
        bytes: before.bytes + bytes,
      };
    },

    /** Lines after number `after`, at most `limit`. */
    async readLines(runId: RunId, after: number, limit: number): Promise<LogPage['lines']> {
      const chunks = await db
        .selectFrom('run_log_chunks')
        .select(['first_line', 'content'])
        .where('run_id', '=', runId)
        .where((eb) => eb(eb('first_line', '+', eb.ref('lines')), '>', after + 1))
        .where('first_line', '<=', after + limit)
        .orderBy('sequence')
        .execute();
      const lines: LogPage['lines'] = [];
      for (const chunk of chunks) {
        const stored = LogLine.array().parse(JSON.parse((await decompress(chunk.content)).toString()));
        stored.forEach((line, index) => {
          const number = chunk.first_line + index;
          if (number > after && lines.length < limit) lines.push({ ...line, number });
        });
      }
      return lines;
    },

    async putArtifact(runId: RunId, name: string, bytes: Uint8Array): Promise<void> {
      const row = { run_id: runId, name, bytes: bytes.byteLength, content: await compress(bytes) };
      await db
        .insertInto('run_artifacts')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['run_id', 'name']).doUpdateSet({ bytes: row.bytes, content: row.content }),
        )
        .execute();
      await changes.announce({ runId, what: 'run' });
    },

    /** Throws ARTIFACT_NOT_FOUND. */
    async getArtifact(runId: RunId, name: string): Promise<Buffer> {
      const row = await db
        .selectFrom('run_artifacts')
        .select('content')
        .where('run_id', '=', runId)
        .where('name', '=', name)
        .executeTakeFirst();
      if (!row) throw new AppError('ARTIFACT_NOT_FOUND', { runId, name });
      return await decompress(row.content);
    },
  };
  return store;
}
