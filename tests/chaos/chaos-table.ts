import type { Cell } from './chaos-cell.ts';
import type { Verdict } from './chaos-run.ts';

interface Counts {
  times: number;
  lost: number;
  doubled: number;
  statusRight: number;
  logComplete: number;
}

const countsOf = (verdicts: Verdict[]): Counts => ({
  times: verdicts.length,
  lost: verdicts.filter(({ isLost }) => isLost).length,
  doubled: verdicts.filter(({ isDoubled }) => isDoubled).length,
  statusRight: verdicts.filter(({ isStatusRight }) => isStatusRight).length,
  logComplete: verdicts.filter(({ isLogComplete }) => isLogComplete).length,
});

export function rowOf({ what, when }: Cell, verdicts: Verdict[]): string {
  const { times, lost, doubled, statusRight, logComplete } = countsOf(verdicts);
  const title = `${what}, ${when}`.padEnd(60);
  return `${title} ${times} times: ${lost} lost, ${doubled} doubled, ${statusRight} status right, ${logComplete} log complete`;
}

/** A row a cell, and one for all. */
export function markdownOf(results: { cell: Cell; verdicts: Verdict[] }[]): string {
  const rows = results.map(({ cell, verdicts }) => [cell.what, cell.when, ...Object.values(countsOf(verdicts))]);
  const all = [
    '**all**',
    `${results.length} cells`,
    ...Object.values(countsOf(results.flatMap((one) => one.verdicts))),
  ];
  const heading = ['what', 'when', 'times', 'lost', 'doubled', 'status right', 'log complete'];
  const lines = [heading, ['---', '---', '--:', '--:', '--:', '--:', '--:'], ...rows, all];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
