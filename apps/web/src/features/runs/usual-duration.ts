import type { Run } from '@bigeye/contracts';

/** How many of the latest runs that succeeded are looked at. */
export const durationSample = 20;

/** Fewer say nothing about what is usual. */
const leastRuns = 3;

/** The median time from start to end, in milliseconds; undefined for too few runs. */
export function medianMs(runs: Pick<Run, 'startedAt' | 'finishedAt'>[]): number | undefined {
  const durations = runs
    .flatMap(({ startedAt, finishedAt }) =>
      startedAt && finishedAt ? [Date.parse(finishedAt) - Date.parse(startedAt)] : [],
    )
    .sort((a, b) => a - b);
  if (durations.length < leastRuns) return undefined;
  return durations[Math.floor(durations.length / 2)];
}
