import { firstOf, type JobSummary } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

/** The answer to "did it work?" over all jobs, by the last run of each. */
export function jobsAnswer({ jobs, active, failed }: JobSummary): string {
  const verdict =
    failed.count > 0
      ? `${formatCount(failed.count)} of ${formatCount(jobs)} jobs failed last time: ${firstOf(failed.first, failed.count)}.`
      : jobs === 1
        ? 'The last run of the one job did not fail.'
        : `No job of ${formatCount(jobs)} failed last time.`;
  if (active === 0) return verdict;
  return `${verdict} ${active === 1 ? '1 is' : `${formatCount(active)} are`} active now.`;
}
