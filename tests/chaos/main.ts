// Breaks one part after the other at every moment of a run's life, and prints what became of the runs. docs/chaos.md
//   script/chaos [--only text] [--hosts 3] [--rounds 1] [--markdown file] [--list]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cells } from './cells.ts';
import { type Cell, runCell } from './chaos-cell.ts';
import { neverEnded, type Verdict } from './chaos-run.ts';
import { openStage } from './chaos-stage.ts';
import { markdownOf, rowOf, summaryOf } from './chaos-table.ts';

const { values } = parseArgs({
  options: {
    /** Cells whose title holds this alone. Several: a cell that holds any. */
    only: { type: 'string', multiple: true, default: [] },
    /** Each carries one run of a cell. */
    hosts: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '1' },
    /** Where both tables are written to, for docs/chaos.md. */
    markdown: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const titleOf = ({ what, when }: Cell) => `${what}, ${when}`;
const chosen = cells.filter(
  (cell) => values.only.length === 0 || values.only.some((text) => titleOf(cell).includes(text)),
);
if (values.list) {
  for (const cell of chosen) console.log(titleOf(cell));
  process.exit();
}

await using stage = await openStage({ hosts: Number(values.hosts) });
const results: { cell: Cell; verdicts: Verdict[] }[] = [];
for (const cell of chosen) {
  const verdicts: Verdict[] = [];
  const began = Date.now();
  for (let round = 0; round < Number(values.rounds); round++) verdicts.push(...(await played(cell)));
  results.push({ cell, verdicts });
  console.log(`${rowOf(cell, verdicts)} ${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s`);
  for (const found of verdicts.flatMap((verdict) => verdict.found)) console.log(`    ${found}`);
}
console.log(summaryOf(results));
if (values.markdown) writeFileSync(values.markdown, `${summaryOf(results)}\n${markdownOf(results)}`);
const isBad = (verdict: Verdict) => verdict.found.length > 0;
process.exitCode = results.some(({ verdicts }) => verdicts.some(isBad)) ? 1 : 0;

/** A cell that could not be played as it says has proven nothing, and counts as if all had gone wrong. */
async function played(cell: Cell): Promise<Verdict[]> {
  try {
    return await runCell(stage, cell);
  } catch (error) {
    return [neverEnded(`could not be played: ${error instanceof Error ? error.message : error}`)];
  }
}
