import { isDeepStrictEqual, promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import {
  AppError,
  type ContainerEnd,
  type LogChunk,
  type LogPosition,
  notOfHost,
  type ReportedResources,
  type RunId,
  type RunOutcome,
  runLimits,
  type TimelineEvent,
} from '@bigeye/contracts';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';
import { withLockedRun } from './locked-run-store.ts';
import { writeChunk, writeOutcome, writeStations } from './report-write-store.ts';
import type { RunLogStore } from './run-log-store.ts';

const compress = promisify(gzip);
/** Characters; compressing fewer takes less than handing them to another thread. */
const smallChunk = 16_384;

export type RunReportStore = ReturnType<typeof createRunReportStore>;

/**
 * What hosts say of their runs: the only code that writes it. Within `runLimits`, nothing that is the control plane's to
 * say, and after the end of a run only as `openness` allows. Throws RUN_ENDED, RUN_LIMIT_REACHED, NOT_FOR_HOST_TO_SAY,
 * RUN_NOT_FOUND; a repeat of what is stored succeeds.
 */
export function createRunReportStore(db: Db, changes: ChangeFeed, logs: Pick<RunLogStore, 'getPosition'>) {
  const deps = { db, changes };
  const turns = new Map<RunId, Promise<unknown>>();
  /** One call after the other for each run, so that each counts what those before it have added. */
  const inTurn = async (runId: RunId, act: () => Promise<void>): Promise<void> => {
    const mine = (turns.get(runId) ?? Promise.resolve()).then(act);
    const over = mine.catch(() => undefined).finally(() => turns.get(runId) === over && turns.delete(runId));
    turns.set(runId, over);
    await mine;
  };
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
      const text = JSON.stringify(lines);
      const content = text.length < smallChunk ? gzipSync(text) : await compress(text);
      const chunk = { sequence, content, lines: lines.length, bytes, ...timesOf(lines) };
      const reached =
        (await writeChunk(db, runId, chunk, 'active')) ??
        (await withLockedRun(deps, runId, async (tx, _run, requireOpen) => {
          const before = await logs.getPosition(runId, tx);
          if (sequence < before.nextSequence) return before;
          if (sequence > before.nextSequence)
            throw new AppError('LOG_CHUNK_OUT_OF_ORDER', { expected: before.nextSequence, received: sequence });
          await requireOpen('its log');
          const after = await writeChunk(tx, runId, chunk, 'judged');
          if (!after) throw new AppError('RUN_LIMIT_REACHED', { runId, what: whatIsLeft.log });
          return after;
        }));
      await changes.announce({ runId, what: 'log' });
      return reached;
    },

    /** Adds stations of the host. */
    async appendStations(runId: RunId, events: TimelineEvent[]): Promise<void> {
      requireOfHost({ events });
      await inTurn(runId, async () => {
        if (await writeStations(db, runId, events, 'active')) return;
        await withLockedRun(deps, runId, async (tx, _run, requireOpen) => {
          const known = await tx
            .selectFrom('run_timeline')
            .select(['kind', 'at'])
            .where('run_id', '=', runId)
            .execute();
          const seen = new Set(known.map(({ kind, at }) => `${kind} ${at.getTime()}`));
          const added = events.filter(({ kind, at }) => !seen.has(`${kind} ${Date.parse(at)}`));
          if (added.length === 0) return;
          await requireOpen('its timeline');
          if (!(await writeStations(tx, runId, added, 'judged')))
            throw new AppError('RUN_LIMIT_REACHED', { runId, what: whatIsLeft.timeline });
        });
      });
      await changes.announce({ runId, what: 'timeline' });
    },

    /** How the container ended, what the agent said, and what it took. */
    async recordOutcome(
      runId: RunId,
      exit: ContainerEnd,
      outcome: RunOutcome | null,
      resources?: ReportedResources,
    ): Promise<void> {
      const said = { exit, outcome, resources };
      if (!(await writeOutcome(db, runId, said, 'active')))
        await withLockedRun(deps, runId, async (tx, run, requireOpen) => {
          if (run.exit_code === exit.exitCode && isDeepStrictEqual(run.outcome, outcome)) return;
          await requireOpen('its outcome');
          await writeOutcome(tx, runId, said, 'judged');
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

function timesOf(lines: LogChunk['lines']): { lastTime: string; linesAtLastTime: number } {
  // A line of ours carries the time of the engine's line before it, so it takes part in the counting like any other.
  const lastTime = lines.at(-1)?.at ?? '';
  return { lastTime, linesAtLastTime: lines.filter((line) => line.at === lastTime && line.stream !== 'system').length };
}
