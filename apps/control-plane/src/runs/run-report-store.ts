import { isDeepStrictEqual, promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  AppError,
  type ContainerEnd,
  type LogChunk,
  type LogPosition,
  notOfHost,
  type RunId,
  type RunOutcome,
  runLimits,
  type TimelineEvent,
} from '@bigeye/contracts';
import { sql } from 'kysely';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';
import { withLockedRun } from './locked-run-store.ts';
import type { RunLogStore } from './run-log-store.ts';

const compress = promisify(gzip);

export type RunReportStore = ReturnType<typeof createRunReportStore>;

/**
 * What hosts say of their runs: the only code that writes it. Within `runLimits`, nothing that is the control plane's to
 * say, and after the end of a run only as `openness` allows. Throws RUN_ENDED, RUN_LIMIT_REACHED, NOT_FOR_HOST_TO_SAY,
 * RUN_NOT_FOUND; a repeat of what is stored succeeds.
 */
export function createRunReportStore(db: Db, changes: ChangeFeed, logs: Pick<RunLogStore, 'getPosition'>) {
  const deps = { db, changes };
  const requireOfHost = (said: Parameters<typeof notOfHost>[0]) => {
    const what = notOfHost(said);
    if (what) throw new AppError('NOT_FOR_HOST_TO_SAY', { what });
  };

  return {
    /**
     * Stores the chunk if it is the next one; one that is stored already is left as it is. Answers with the position
     * reached, from which the host goes on. Throws LOG_CHUNK_OUT_OF_ORDER for a chunk further on.
     */
    async putChunk(runId: RunId, sequence: number, { lines }: LogChunk): Promise<LogPosition> {
      requireOfHost({ lines });
      const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line.text) + 1, 0);
      if (bytes > runLimits.logChunkBytes + runLimits.logLineCharacters)
        throw new AppError('INVALID_INPUT', {
          issues: [{ path: 'lines', message: `at most ${runLimits.logChunkBytes} bytes of text` }],
        });
      const content = await compress(JSON.stringify(lines));
      const reached = await withLockedRun(deps, runId, async (tx, _run, requireOpen) => {
        const before = await logs.getPosition(runId, tx);
        if (sequence < before.nextSequence) return before;
        if (sequence > before.nextSequence)
          throw new AppError('LOG_CHUNK_OUT_OF_ORDER', { expected: before.nextSequence, received: sequence });
        await requireOpen('its log');
        const after = positionAfter(before, lines, bytes);
        if (after.bytes > runLimits.logBytes || after.lines > runLimits.logLines)
          throw new AppError('RUN_LIMIT_REACHED', { runId, what: whatIsLeft.log });
        await tx
          .insertInto('run_log_chunks')
          .values({
            run_id: runId,
            sequence,
            content,
            bytes,
            first_line: before.lines + 1,
            lines: lines.length,
          })
          .execute();
        await recordPosition(tx, runId, after, bytes);
        await tx.updateTable('runs').set({ log_lines: after.lines }).where('id', '=', runId).execute();
        return after;
      });
      await changes.announce({ runId, what: 'log' });
      return reached;
    },

    /** Adds stations of the host. */
    async appendStations(runId: RunId, events: TimelineEvent[]): Promise<void> {
      requireOfHost({ events });
      await withLockedRun(deps, runId, async (tx, _run, requireOpen) => {
        const known = await tx.selectFrom('run_timeline').select(['kind', 'at']).where('run_id', '=', runId).execute();
        const seen = new Set(known.map(({ kind, at }) => `${kind} ${at.getTime()}`));
        const added = events.filter(({ kind, at }) => !seen.has(`${kind} ${Date.parse(at)}`));
        if (added.length === 0) return;
        await requireOpen('its timeline');
        if (known.length + added.length > runLimits.timelineEvents)
          throw new AppError('RUN_LIMIT_REACHED', { runId, what: whatIsLeft.timeline });
        await tx
          .insertInto('run_timeline')
          .values(
            added.map(({ kind, at, detail }) => ({ run_id: runId, kind, at: new Date(at), detail: detail ?? null })),
          )
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      });
      await changes.announce({ runId, what: 'timeline' });
    },

    /** How the container ended and what the agent said. */
    async recordOutcome(runId: RunId, exit: ContainerEnd, outcome: RunOutcome | null): Promise<void> {
      await withLockedRun(deps, runId, async (tx, run, requireOpen) => {
        if (run.exit_code === exit.exitCode && isDeepStrictEqual(run.outcome, outcome)) return;
        await requireOpen('its outcome');
        await tx
          .updateTable('runs')
          .set({
            outcome: outcome && JSON.stringify(outcome),
            exit_code: exit.exitCode,
            reported_end: JSON.stringify(exit),
          })
          .where('id', '=', runId)
          .execute();
      });
      await changes.announce({ runId, what: 'run' });
      await changes.announce({ runId, what: 'timeline' });
    },
  };
}

const MiB = 1024 * 1024;
/** As the timeline tells it, once for each. */
const whatIsLeft = {
  log: `log: nothing after ${runLimits.logBytes / MiB} MiB or ${runLimits.logLines} lines is kept`,
  timeline: `timeline: no more than ${runLimits.timelineEvents} stations are kept`,
} as const;

async function recordPosition(tx: Db, runId: RunId, reached: LogPosition, added: number): Promise<void> {
  const row = {
    next_sequence: reached.nextSequence,
    lines: reached.lines,
    bytes: reached.bytes,
    last_time: reached.lastTime ?? '',
    lines_at_last_time: reached.linesAtLastTime,
  };
  await tx
    .insertInto('run_logs')
    .values({ run_id: runId, ...row, tail_bytes: added })
    .onConflict((conflict) =>
      conflict.column('run_id').doUpdateSet({ ...row, tail_bytes: sql<number>`run_logs.tail_bytes + ${added}` }),
    )
    .execute();
}

function positionAfter(before: LogPosition, lines: LogChunk['lines'], bytes: number): LogPosition {
  // A line of ours carries the time of the engine's line before it, so it takes part in the counting like any other.
  const lastTime = lines.at(-1)?.at ?? '';
  const sameTime = lines.filter((line) => line.at === lastTime && line.stream !== 'system').length;
  return {
    nextSequence: before.nextSequence + 1,
    lastTime,
    linesAtLastTime: sameTime + (before.lastTime === lastTime ? before.linesAtLastTime : 0),
    lines: before.lines + lines.length,
    bytes: before.bytes + bytes,
  };
}
