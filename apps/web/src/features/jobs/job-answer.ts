import type { Job } from '@bigeye/contracts';

/** The answer to "did it work?" over all jobs, by the last run of each. */
export function jobsAnswer(jobs: Job[]): string {
  const failed = jobs.filter(({ lastRun }) => lastRun?.status === 'failed' || lastRun?.status === 'timed_out');
  const active = jobs.filter(({ lastRun }) => lastRun?.status === 'running' || lastRun?.status === 'queued').length;
  const first = failed[0];
  const verdict = first
    ? `${failed.length} of ${jobs.length} jobs failed last time: ${namesOf(failed)}.`
    : jobs.length === 1
      ? 'The last run of the one job did not fail.'
      : `No job of ${jobs.length} failed last time.`;
  if (active === 0) return verdict;
  return `${verdict} ${active === 1 ? '1 is' : `${active} are`} active now.`;
}

function namesOf(jobs: Job[]): string {
  const shown = jobs.slice(0, 3).map(({ name }) => name);
  return jobs.length > shown.length ? `${shown.join(', ')} and ${jobs.length - shown.length} more` : shown.join(', ');
}
