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

type Result = { cell: Cell; verdicts: Verdict[] };

const measures = ['times', 'lost', 'doubled', 'status right', 'log complete'];

/** A row a cell, and one for all. */
export function markdownOf(results: Result[]): string {
  const rows = results.map(({ cell, verdicts }) => [cell.what, cell.when, ...Object.values(countsOf(verdicts))]);
  const all = countsOf(results.flatMap(({ verdicts }) => verdicts));
  return tableOf(
    ['what', 'when', ...measures],
    [...rows, ['**all**', `${results.length} cells`, ...Object.values(all)]],
  );
}

/** A row for all cells about the same, whatever the moment. */
export function summaryOf(results: Result[]): string {
  const byWhat = Map.groupBy(results, ({ cell }) => cell.what);
  const rows = [...byWhat].map(([what, cells]) => [
    what,
    cells.length,
    ...Object.values(countsOf(cells.flatMap(({ verdicts }) => verdicts))),
  ]);
  return tableOf(['what', 'moments', ...measures], rows);
}

function tableOf(heading: string[], rows: (string | number)[][]): string {
  const numbers = heading.map((name) => (name === 'what' || name === 'when' ? '---' : '--:'));
  return [heading, numbers, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}
