import { afterAll, beforeAll, expect, test } from 'vitest';
import { cells } from './cells.ts';
import { runCell } from './chaos-cell.ts';
import { openStage, type Stage } from './chaos-stage.ts';

/** A few cells of script/chaos, once each, so that the rest does not rot between two of its runs. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ hosts: 1 });
}, 240_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

test.each([
  ['SIGKILL of the orchestrator', 'starting'],
  ['SIGKILL of the guard', 'started'],
  ['SIGKILL of PostgreSQL', 'exited'],
  ['cancel, and SIGKILL of the orchestrator', 'started'],
])('%s, %s: the run is not lost, not doubled, told as it was, with every line', async (what, when) => {
  const cell = cells.find((one) => one.what === what && one.when === when);
  if (!cell) throw new Error(`there is no cell "${what}, ${when}"`);
  const right = { isLost: false, isDoubled: false, isStatusRight: true, isLogComplete: true, found: [] };
  expect(await runCell(stage, cell)).toEqual([right]);
});
