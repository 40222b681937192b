import {
  activeRunStatuses,
  type ContainerEnd,
  type LogPosition,
  type ReportedResources,
  type RunId,
  type RunOutcome,
  runLimits,
  type TimelineEvent,
} from '@bigeye/contracts';
import { sql } from 'kysely';
import type { Db } from '../db/tables.ts';

/**
 * What a host says of a run, each in one statement: they come by the thousand. A statement holds the run, so that its end cannot be
 * recorded meanwhile. `active`: it writes only where the run is active and nothing else is out of the ordinary, and says whether
 * it did. `judged`: in a transaction that holds the run and has found that it may be written.
 */
export type Writing = 'active' | 'judged';

export interface NewChunk {
  sequence: number;
  content: Uint8Array;
  lines: number;
  /** Of text, each line with its end. */
  bytes: number;
  /** Of its last line, and how many of its lines of the engine have that time. */
  lastTime: string;
  linesAtLastTime: number;
}

/** The position reached; undefined where it is not the next chunk, or one too many. */
export async function writeChunk(
  db: Db,
  runId: RunId,
  { sequence, content, lines, bytes, lastTime, linesAtLastTime }: NewChunk,
  writing: Writing,
): Promise<LogPosition | undefined> {
  const moved =
    sequence === 1
      ? sql`insert into run_logs (run_id, next_sequence, lines, bytes, last_time, lines_at_last_time, tail_bytes)
          select id, 2, ${lines}::int, ${bytes}::int, ${lastTime}, ${linesAtLastTime}::int, ${bytes}::int from run
          on conflict (run_id) do nothing`
      : sql`update run_logs set next_sequence = next_sequence + 1, lines = lines + ${lines}::int,
            bytes = bytes + ${bytes}::int, tail_bytes = tail_bytes + ${bytes}::int, last_time = ${lastTime},
            lines_at_last_time = ${linesAtLastTime}::int
              + case when last_time = ${lastTime} then lines_at_last_time else 0 end
          from run where run_id = id and next_sequence = ${sequence}
            and lines + ${lines}::int <= ${runLimits.logLines} and bytes + ${bytes}::int <= ${runLimits.logBytes}`;
  const { rows } = await sql<Reached>`
    with run as materialized (${heldRun(db, runId, writing)}),
    moved as (${moved} returning run_id, next_sequence, lines, bytes, last_time, lines_at_last_time),
    chunk as (insert into run_log_chunks (run_id, sequence, content, bytes, first_line, lines)
      select run_id, ${sequence}::int, ${content}::bytea, ${bytes}::int, lines - ${lines}::int + 1, ${lines}::int
      from moved),
    counted as (update runs set log_lines = moved.lines from moved where runs.id = moved.run_id)
    select next_sequence, lines, bytes, last_time, lines_at_last_time from moved`.execute(db);
  const [row] = rows;
  return (
    row && {
      nextSequence: row.next_sequence,
      lines: row.lines,
      bytes: Number(row.bytes),
      lastTime: row.last_time,
      linesAtLastTime: row.lines_at_last_time,
    }
  );
}

/** Those that are there already stay as they are. False where they would be too many. */
export async function writeStations(db: Db, runId: RunId, events: TimelineEvent[], writing: Writing): Promise<boolean> {
  const [kinds, times, details] = [
    events.map(({ kind }) => kind),
    events.map(({ at }) => new Date(at).toISOString()),
    events.map(({ detail }) => detail ?? null),
  ];
  const { rows } = await sql`
    with run as materialized (${heldRun(db, runId, writing)}),
    fitting as materialized (select id from run where ${events.length}::int <= ${runLimits.timelineEvents}::int
      - (select count(*) from run_timeline where run_id = ${runId})),
    added as (insert into run_timeline (run_id, kind, at, detail)
      select id, event.kind, event.at, event.detail
      from fitting, unnest(${kinds}::text[], ${times}::timestamptz[], ${details}::text[]) as event (kind, at, detail)
      on conflict do nothing)
    select id from fitting`.execute(db);
  return rows.length > 0;
}

/** What a host says of a run when its container has ended. */
interface SaidAtEnd {
  exit: ContainerEnd;
  outcome: RunOutcome | null;
  /** Hosts of the version before do not say. */
  resources?: ReportedResources | undefined;
}

export async function writeOutcome(
  db: Db,
  runId: RunId,
  { exit, outcome, resources }: SaidAtEnd,
  writing: Writing,
): Promise<boolean> {
  let update = db
    .updateTable('runs')
    .set({
      outcome: outcome && JSON.stringify(outcome),
      exit_code: exit.exitCode,
      reported_end: JSON.stringify(exit),
      ...(resources ? { resources: JSON.stringify(resources) } : {}),
    })
    .where('id', '=', runId);
  if (writing === 'active') update = update.where('status', 'in', activeRunStatuses);
  return (await update.executeTakeFirstOrThrow()).numUpdatedRows === 1n;
}

function heldRun(db: Db, runId: RunId, writing: Writing) {
  const run = db.selectFrom('runs').select('id').where('id', '=', runId).forNoKeyUpdate();
  return writing === 'active' ? run.where('status', 'in', activeRunStatuses) : run;
}

interface Reached {
  next_sequence: number;
  lines: number;
  bytes: string | number;
  last_time: string;
  lines_at_last_time: number;
}
