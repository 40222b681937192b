import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError, LogLine, type LogPage, type LogPosition, type RunId } from '@bigeye/contracts';
import type { Db } from '../db/tables.ts';

const decompress = promisify(gunzip);

export type RunLogStore = ReturnType<typeof createRunLogStore>;

/** Text that one answer holds at most, and so what one reader makes us hold; a longer single line is passed whole. */
const logPageBytes = 1024 * 1024;
/** Chunks looked at for one answer. */
const chunksAhead = 500;

/** Reads the logs and artifacts of runs, which lie compressed in the database. */
export function createRunLogStore(db: Db) {
  const store = {
    async getPosition(runId: RunId, within: Db = db): Promise<LogPosition> {
      const last = await within
        .selectFrom('run_log_chunks')
        .select(['sequence', 'first_line', 'lines', 'last_time', 'lines_at_last_time'])
        .where('run_id', '=', runId)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (!last) return { nextSequence: 1, lastTime: null, linesAtLastTime: 0, lines: 0, bytes: 0 };
      const { total } = await within
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
     * Lines after number `after`: at most `limit`, and at most `maxBytes` of text, but always one where there is one. An
     * empty answer means that no more are stored.
     */
    async readLines(
      runId: RunId,
      after: number,
      limit: number,
      maxBytes: number = logPageBytes,
    ): Promise<LogPage['lines']> {
      const lines: LogPage['lines'] = [];
      let bytes = 0;
      for (const sequence of await chunksFor(runId, after, limit, maxBytes)) {
        const chunk = await db
          .selectFrom('run_log_chunks')
          .select(['first_line', 'content'])
          .where('run_id', '=', runId)
          .where('sequence', '=', sequence)
          .executeTakeFirst();
        if (!chunk) break;
        const stored = LogLine.array().parse(JSON.parse((await decompress(chunk.content)).toString()));
        for (const [index, line] of stored.entries()) {
          const number = chunk.first_line + index;
          if (number <= after) continue;
          bytes += Buffer.byteLength(line.text) + lineOverhead;
          if (lines.length > 0 && (lines.length >= limit || bytes > maxBytes)) return lines;
          lines.push({ ...line, number });
        }
      }
      return lines;
    },

    /** The whole log as text, piece by piece: the next is read when the last was taken. */
    async *readText(runId: RunId): AsyncIterable<string> {
      for (let after = 0; ; ) {
        const lines = await store.readLines(runId, after, Number.POSITIVE_INFINITY);
        const last = lines.at(-1);
        if (!last) return;
        yield lines.map((line) => `${line.at} ${line.stream} ${line.text}\n`).join('');
        after = last.number;
      }
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

  /** The chunks that hold the next lines, judged by their sizes alone: no content is read that will not be used. */
  async function chunksFor(runId: RunId, after: number, limit: number, maxBytes: number): Promise<number[]> {
    const chunks = await db
      .selectFrom('run_log_chunks')
      .select(['sequence', 'first_line', 'lines', 'bytes'])
      .where('run_id', '=', runId)
      .where((eb) => eb(eb('first_line', '+', eb.ref('lines')), '>', after + 1))
      .orderBy('sequence')
      .limit(chunksAhead)
      .execute();
    const chosen: number[] = [];
    let bytes = 0;
    for (const { sequence, first_line, ...chunk } of chunks) {
      if (chosen.length > 0 && (first_line > after + limit || bytes > maxBytes)) break;
      chosen.push(sequence);
      // What is skipped of the first chunk is no part of the answer.
      if (first_line > after) bytes += chunk.bytes;
    }
    return chosen;
  }

  return store;
}

/** What a line costs in an answer beside its text: number, time, stream, and their names. */
const lineOverhead = 100;
