import { plural, type RunCount } from '@bigeye/contracts';
import { formatCount } from '../../lib/format.ts';

const ends: [RunCount['status'], string][] = [
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['timed_out', 'timed out'],
  ['canceled', 'canceled'],
];

/** What became of the runs of some days, those that were deleted since included; empty where none ended. */
export function countsWords(counts: RunCount[], days: number): string {
  const totalOf = (matching: (count: RunCount) => boolean) =>
    counts.filter(matching).reduce((sum, { runs }) => sum + runs, 0);
  const ended = totalOf(({ status }) => status !== 'queued');
  if (ended === 0) return '';
  const parts = ends
    .map(([status, words]) => [totalOf((count) => count.status === status), words] as const)
    .filter(([runs]) => runs > 0)
    .map(([runs, words]) => `${formatCount(runs)} ${words}`);
  return `${plural(ended, 'run')} ended in the last ${days} days: ${parts.join(', ')}.${mostFrequent(counts)}`;
}

function mostFrequent(counts: RunCount[]): string {
  const byCode = new Map<string, number>();
  for (const { status, failureCode, runs } of counts)
    if (status === 'failed' && failureCode) byCode.set(failureCode, (byCode.get(failureCode) ?? 0) + runs);
  const [first] = [...byCode].sort(([, one], [, other]) => other - one);
  return first && byCode.size > 1 ? ` Most failures: ${first[0]} (${formatCount(first[1])}).` : '';
}
