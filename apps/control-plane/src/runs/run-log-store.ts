import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { LogLine, type LogPage, type LogPosition, type RunId } from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';
import type { ObjectStore } from '../objects/object-store.ts';

const decompress = promisify(gunzip);

export type RunLogStore = ReturnType<typeof createRunLogStore>;

/** Text that one answer holds at most, and so what one reader makes us hold; a longer single line is passed whole. */
const logPageBytes = 1024 * 1024;
/** Pieces looked at for one answer. */
const piecesAhead = 500;

/** A part of a log in one place: a chunk as a host sent it, or a segment of many in the object store. */
type Piece = { first_line: number; lines: number; bytes: number } & (
  | { sequence: number; object: null }
  | { sequence: null; object: string }
);

/**
 * Reads the logs of runs. The end of a log lies in the database in the chunks that the host sent; what is
 * before it was gathered into segments (`log-segment-store.ts`), which lie in the object store.
 */
export function createRunLogStore(db: Db, objects: ObjectStore) {
  const store = {
    /** How far the log is stored. */
    async getPosition(runId: RunId, within: Db = db): Promise<LogPosition> {
      const log = await within.selectFrom('run_logs').selectAll().where('run_id', '=', runId).executeTakeFirst();
      if (!log) return { nextSequence: 1, lastTime: null, linesAtLastTime: 0, lines: 0, bytes: 0 };
      return {
        nextSequence: log.next_sequence,
        lastTime: log.last_time,
        linesAtLastTime: log.lines_at_last_time,
        lines: log.lines,
        bytes: Number(log.bytes),
      };
    },

    /**
     * Lines after number `after`: at most `limit`, and at most `maxBytes` of text, but always one where there is one. An
     * empty answer means that no more are stored. Throws OBJECT_MISSING, OBJECT_STORE_UNREACHABLE.
     */
    async readLines(
      runId: RunId,
      after: number,
      limit: number,
      maxBytes: number = logPageBytes,
    ): Promise<LogPage['lines']> {
      const lines: LogPage['lines'] = [];
      let bytes = 0;
      const pieces = await piecesFor(runId, after, limit, maxBytes);
      const chunks = await chunksOf(runId, pieces);
      for (const piece of pieces) {
        const stored = await linesOf(piece, chunks);
        // Gathered into a segment since it was listed: read on from what there is, or look again.
        if (!stored) return lines.length > 0 ? lines : await store.readLines(runId, after, limit, maxBytes);
        for (const [index, line] of stored.entries()) {
          const number = piece.first_line + index;
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
  };

  /** The contents of those pieces that are chunks, by their sequence, in one statement. */
  async function chunksOf(runId: RunId, pieces: Piece[]): Promise<Map<number, Uint8Array>> {
    const sequences = pieces.flatMap(({ sequence }) => sequence ?? []);
    if (sequences.length === 0) return new Map();
    const rows = await db
      .selectFrom('run_log_chunks')
      .select(['sequence', 'content'])
      .where('run_id', '=', runId)
      .where(sql<boolean>`sequence = any(${sequences}::integer[])`)
      .execute();
    return new Map(rows.map(({ sequence, content }) => [sequence, content]));
  }

  /** Undefined for a chunk that is not there any more. */
  async function linesOf(piece: Piece, chunks: Map<number, Uint8Array>): Promise<LogLine[] | undefined> {
    if (piece.object !== null) return linesOfText(await decompress(await wholeOf(await objects.get(piece.object))));
    const content = chunks.get(piece.sequence);
    return content && linesIn(await decompress(content));
  }

  /** The pieces that hold the next lines, judged by their sizes alone: no content is read that will not be used. */
  async function piecesFor(runId: RunId, after: number, limit: number, maxBytes: number): Promise<Piece[]> {
    const pieces = (await db
      .selectFrom('run_log_segments')
      .select([
        'first_line',
        'lines',
        'bytes',
        sql<string | null>`object`.as('object'),
        sql<number | null>`null::integer`.as('sequence'),
      ])
      .where('run_id', '=', runId)
      .where((eb) => eb(eb('first_line', '+', eb.ref('lines')), '>', after + 1))
      .unionAll(
        db
          .selectFrom('run_log_chunks')
          .select([
            'first_line',
            'lines',
            'bytes',
            sql<string | null>`null::text`.as('object'),
            sql<number | null>`sequence`.as('sequence'),
          ])
          .where('run_id', '=', runId)
          .where((eb) => eb(eb('first_line', '+', eb.ref('lines')), '>', after + 1)),
      )
      .orderBy('first_line')
      .limit(piecesAhead)
      .execute()) as Piece[];
    const chosen: Piece[] = [];
    let bytes = 0;
    for (const piece of pieces) {
      if (chosen.length > 0 && (piece.first_line > after + limit || bytes > maxBytes)) break;
      chosen.push(piece);
      // What is skipped of the first piece is no part of the answer.
      if (piece.first_line > after) bytes += piece.bytes;
    }
    return chosen;
  }

  return store;
}

/** What a line costs in an answer beside its text: number, time, stream, and their names. */
const lineOverhead = 100;

/** The lines of a chunk's content. */
export const linesIn = (json: Buffer): LogLine[] => LogLine.array().parse(JSON.parse(json.toString()));

const linesOfText = (ndjson: Buffer): LogLine[] =>
  ndjson
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => LogLine.parse(JSON.parse(line)));

async function wholeOf(stream: Readable): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
