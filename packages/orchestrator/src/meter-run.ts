import { containerNameOf, type RunId } from '@bigeye/contracts';
import { EngineAway } from '@bigeye/host-kit';
import { pause } from '@bigeye/service-kit';
import type { HostDeps } from './host-deps.ts';

/** A run that lasts a second deserves to be looked at too; one that lasts hours need not be every second. */
const rarestMs = 10_000;
const closestMs = 200;

/** How long until the next look at a run of this age: it misses at most a fifth of a run, and ten seconds of a long one. */
const untilNextLookMs = (ageMs: number): number => Math.min(rarestMs, Math.max(closestMs, ageMs / 4));

/** Looks again and again at what the run's container takes, until it has ended, may not be looked at, or `signal` fires. */
export async function meterRun(deps: HostDeps, runId: RunId, signal: AbortSignal): Promise<void> {
  const startedAt = Date.parse(deps.journal.read(runId).startedAt ?? new Date().toISOString());
  while (!signal.aborted && (await lookAtRun(deps, runId)))
    await pause(untilNextLookMs(Date.now() - startedAt), signal);
}

/** False where there will be nothing more to see. Never throws: what a run took is told beside it, and must not disturb it. */
export async function lookAtRun({ runner, usage, log }: HostDeps, runId: RunId): Promise<boolean> {
  try {
    const seen = await runner.readUsage(containerNameOf(runId));
    if (seen === 'not running') return false;
    usage.add(runId, seen);
    return seen !== 'refused';
  } catch (error) {
    if (!(error instanceof EngineAway)) log.warn({ runId, err: error }, 'usage of the run not read');
    return true;
  }
}
