import { AppError, isAppError, openness, type RunId } from '@bigeye/contracts';
import type { ChangeFeed } from '../db/change-feed.ts';
import type { Db } from '../db/tables.ts';

type Openness = ReturnType<typeof openness>;
type LockedRun = Awaited<ReturnType<typeof lockRun>> & { openness: Openness };

async function lockRun(tx: Db, runId: RunId) {
  const row = await tx
    .selectFrom('runs')
    .select(['status', 'exit_code', 'failure', 'outcome'])
    .where('id', '=', runId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) throw new AppError('RUN_NOT_FOUND', { runId });
  return row;
}

/**
 * Does what a host asks of one of its runs in one transaction that holds the run: its end cannot be recorded between the
 * question whether the run is open and the write. What comes late or is left out is told on the run's timeline. `act` gets
 * `requireOpen`, which throws RUN_ENDED; it is not asked for what is known already, so that a repeat succeeds.
 */
export async function withLockedRun<Result>(
  { db, changes }: { db: Db; changes: ChangeFeed },
  runId: RunId,
  act: (tx: Db, run: LockedRun, requireOpen: (what: string) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  try {
    return await db.transaction().execute(async (tx) => {
      const row = await lockRun(tx, runId);
      const state = openness({ status: row.status, exitCode: row.exit_code, failure: row.failure });
      return await act(tx, { ...row, openness: state }, async (what) => {
        if (state === 'closed') throw new AppError('RUN_ENDED', { runId, what });
        if (state === 'late')
          await tellOnce(tx, runId, 'reported_late', 'the host reported after the end was recorded');
      });
    });
  } catch (error) {
    if (isAppError(error, 'RUN_LIMIT_REACHED')) {
      await tellOnce(db, runId, 'left_out', error.details.what);
      await changes.announce({ runId, what: 'timeline' });
    }
    throw error;
  }
}

async function tellOnce(db: Db, runId: RunId, kind: 'reported_late' | 'left_out', detail: string): Promise<void> {
  const known = await db
    .selectFrom('run_timeline')
    .select('at')
    .where('run_id', '=', runId)
    .where('kind', '=', kind)
    .where('detail', '=', detail)
    .executeTakeFirst();
  if (known) return;
  await db
    .insertInto('run_timeline')
    .values({ run_id: runId, kind, at: new Date(), detail })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
