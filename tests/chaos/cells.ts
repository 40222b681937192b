import { cancels } from './cells/cancels.ts';
import { clocks, findFakeTime } from './cells/clocks.ts';
import { cuts } from './cells/cuts.ts';
import { deaths } from './cells/deaths.ts';
import { disks } from './cells/disks.ts';
import { duplicates } from './cells/duplicates.ts';
import { hangs } from './cells/hangs.ts';
import { upgrades } from './cells/upgrades.ts';
import type { Cell } from './chaos-cell.ts';

export const cells: Cell[] = [
  ...deaths,
  ...hangs,
  ...cuts,
  ...cancels,
  ...duplicates,
  ...disks,
  ...upgrades,
  ...(findFakeTime() === undefined ? [] : clocks),
];
